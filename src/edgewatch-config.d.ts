/** The compiled `edgewatch.config.ts`; `scripts/build.ts` and the tests supply it. */
declare module 'edgewatch:config' {
  const config: import('./config/compiled.ts').CompiledConfig
  export default config
}
