import type { Severity } from '../../config/rules.ts'
import type { Tone } from './elements.tsx'

/** The colour of a severity. */
export const severityTone = (severity: Severity): Tone =>
  (({ critical: 'bad', warning: 'warning', info: 'info' }) as const)[severity]
