import * as z from 'zod'
import { lineText, urlText } from './text.ts'

const colour = z.string().regex(/^#[0-9a-f]{6}$/i, { error: 'a colour such as "#1f6feb"' })

/** The public status page. Which monitors it shows, the monitors say. */
export const statusPage = z.strictObject({
  /** By default made of the service's name. */
  title: lineText(100).optional(),
  /** An image, as an https or data URL. */
  logo: z
    .string()
    .regex(/^(https:\/\/|data:image\/)/, { error: 'an https or data:image URL' })
    .optional(),
  colours: z
    .strictObject({
      accent: colour.optional(),
      up: colour.optional(),
      degraded: colour.optional(),
      down: colour.optional(),
      maintenance: colour.optional(),
    })
    .prefault({}),
  /** Shown at the head of the page. */
  links: z
    .array(z.strictObject({ name: lineText(50), url: urlText }))
    .max(10)
    .default([]),
})

/** See `statusPage`. */
export type StatusPageConfig = z.infer<typeof statusPage>
