// Who may import whom. A capability declares ports; a vendor implements them, so vendors may import the ports' types
// and the capabilities never import a vendor.
const within = (...folders) => `^src/(${folders.join('|')})/`
const LAYERS = [
  'logging',
  'metrics',
  'config',
  'observe',
  'cache',
  'push',
  'health',
  'business',
  'monitors',
  'alerts',
  'incidents',
  'status',
  'admin',
]
const onlyDownwards = LAYERS.map((layer, index) => ({
  name: `${layer}-imports-downwards`,
  severity: 'error',
  from: { path: within(layer) },
  to: {
    path: [
      ...(LAYERS.slice(index + 1).length ? [within(...LAYERS.slice(index + 1))] : []),
      within('vendors'),
    ],
  },
}))

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'lib-knows-no-feature',
      severity: 'error',
      from: { path: within('lib') },
      to: { path: '^src/', pathNot: within('lib') },
    },
    {
      name: 'only-entries-know-the-composition',
      severity: 'error',
      from: { path: '^src/[a-z]+/' },
      to: { path: '^src/[a-z-]+\\.tsx?$' },
    },
    {
      name: 'vendors-know-ports-only',
      comment: 'a vendor implements what a capability declares: types, not code',
      severity: 'error',
      from: { path: within('vendors') },
      to: { path: within(...LAYERS), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'vendors-are-strangers',
      severity: 'error',
      from: { path: '^src/vendors/([^/]+)/' },
      to: { path: '^src/vendors/[^/]+/', pathNot: '^src/vendors/$1/' },
    },
    {
      name: 'only-the-gateway-loads-the-driver',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/vendors/mongodb/' },
      to: { path: 'node_modules/mongodb/' },
    },
    {
      name: 'no-dev-code-in-the-worker',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(sandbox|bench|scripts|test)/' },
    },
    {
      name: 'not-in-package-json',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] },
    },
    ...onlyDownwards,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js', '.json'] },
  },
}
