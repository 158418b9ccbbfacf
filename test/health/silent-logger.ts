import type { Logger } from '../../src/logging/model.ts'

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
