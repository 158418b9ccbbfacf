// `npm run types`: has wrangler write the types of the bindings. It imports the object classes from `main`, which is a bundle;
// here they come from the sources.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

const file = 'worker-configuration.d.ts'
execFileSync('wrangler', ['types', '--include-runtime=false', '--env-interface', 'Env', file], {
  stdio: ['ignore', 'ignore', 'inherit'],
  env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
})
writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"./dist/index"', '"./src/index"'))
