/** `npm run stack`: prints the stack traces and log lines that it reads, with the frames of `dist/` as in the sources. */
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { mapStackFrames, modulesIn } from '../sandbox/stack-frames.ts'

const findModule = modulesIn(fileURLToPath(new URL('../dist', import.meta.url)))
createInterface({ input: process.stdin }).on('line', (line) => console.log(mapStackFrames(line, findModule)))
