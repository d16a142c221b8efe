// Who may import whom. One table; the rules below are made from it.

/** lib -> the libs it may import */
const libs = {
  protocol: [],
  'nats-server': [],
  engine: ['protocol'],
  workflow: ['protocol'],
  transport: ['protocol'],
  journal: ['protocol', 'engine'],
  client: ['protocol', 'workflow', 'transport'],
  worker: ['protocol', 'workflow', 'transport', 'client'],
  orchestration: ['protocol', 'engine', 'journal', 'transport'],
  nestjs: ['protocol', 'workflow', 'client', 'worker'],
  testing: [
    'protocol',
    'nats-server',
    'engine',
    'workflow',
    'transport',
    'journal',
    'client',
    'worker',
    'orchestration',
    'nestjs',
  ],
};

/** app -> the libs it may import; no app imports another */
const apps = {
  coordinator: ['orchestration', 'protocol', 'transport', 'nats-server', 'journal'],
  // The journal for `cluster verify`, which reads what lies there whether a coordinator is at work or not.
  cli: ['client', 'journal', 'nats-server', 'protocol', 'orchestration', 'transport', 'worker', 'workflow'],
  orders: ['nestjs'],
  examples: ['nestjs'],
};

// The scripts behind `npm run demo` and `npm start` (demo.ts, stack.ts and what is named after them)
// bring up the whole stack, so they alone of the example may start a nats-server.
const ordersScripts = '^apps/orders/src/(demo|stack)';

const testCode = '(^test/|^bench/|[.](spec|e2e-spec|contract|fixture)[.]ts$)';
const production = { path: '^(apps|libs)/', pathNot: testCode };

const either = (names) => `(${names.join('|')})`;

function importsOnly(folder, name, allowed) {
  const others = Object.keys(libs).filter((lib) => lib !== name && !allowed.includes(lib));
  return {
    name: `${folder}-${name}-imports`,
    comment: `${folder}/${name} may import: ${allowed.join(', ') || 'no other lib'}.`,
    severity: 'error',
    from: { path: `^${folder}/${name}/` },
    to: { path: `^libs/${either(others)}/` },
  };
}

const libRules = Object.entries(libs).map(([name, allowed]) => importsOnly('libs', name, allowed));

const appRules = Object.entries(apps)
  .filter(([name]) => name !== 'orders')
  .map(([name, allowed]) => importsOnly('apps', name, allowed));

const ordersRules = [
  {
    ...importsOnly('apps', 'orders', apps.orders),
    from: { path: '^apps/orders/', pathNot: ordersScripts },
  },
  {
    ...importsOnly('apps', 'orders', [...apps.orders, 'nats-server']),
    name: 'apps-orders-scripts-imports',
    from: { path: ordersScripts },
  },
];

const structure = [
  {
    name: 'no-cycles',
    comment: 'A cycle makes the order of evaluation, and so decorators and their metadata, a matter of luck.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'no-unresolvable',
    comment: 'An import that resolves to nothing escapes every other rule.',
    severity: 'error',
    from: {},
    // The scripts in test/ run what was built, and the build comes after this check.
    to: { couldNotResolve: true, pathNot: '^[./]*/dist/' },
  },
  {
    name: 'enter-a-lib-by-its-index',
    comment:
      'What is not exported by src/index.ts is private to its lib; a contract suite is there to be run by others.',
    severity: 'error',
    // The simulation runs what an application's modules would build; one file of it reaches for that.
    from: { path: '^(?:apps|libs)/([^/]+)/|^(?:test|bench)/', pathNot: '^test/sim/production[.]ts$' },
    to: {
      path: '^libs/[^/]+/',
      pathNot: '^libs/($1/|[^/]+/src/index[.]ts$|transport/src/peer[.]ts$|.+[.]contract[.]ts$)',
    },
  },
  {
    name: 'no-import-of-an-app',
    comment: 'Apps are processes: tests start them, nothing imports them but the specs of the examples.',
    severity: 'error',
    from: { path: '^(?:apps|libs)/([^/]+)/|^(?:test|bench)/', pathNot: '^test/spec/examples/' },
    to: { path: '^apps/', pathNot: '^apps/$1/' },
  },
  {
    name: 'specs-of-the-examples-import-only-them',
    severity: 'error',
    from: { path: '^test/spec/examples/' },
    to: { path: '^apps/', pathNot: '^apps/examples/' },
  },
  {
    name: 'no-dynamic-lib-import',
    comment: 'The build rewrites the aliases of import and export declarations only.',
    severity: 'error',
    from: { path: '^(apps|libs)/' },
    to: { path: '^libs/', dynamic: true },
  },
  {
    name: 'no-test-code-in-production',
    severity: 'error',
    from: production,
    to: {
      path: `${testCode}|^node_modules/(vitest|@vitest|fast-check|@nestjs/testing)/`,
    },
  },
  {
    name: 'no-testing-lib-in-production',
    comment: 'The testing kit is for tests, ours and those of users.',
    severity: 'error',
    from: { ...production, pathNot: [testCode, '^libs/testing/'] },
    to: { path: '^libs/testing/' },
  },
  {
    name: 'no-development-dependency-in-production',
    comment: 'What a lib or the CLI needs at run time is a dependency or a peer dependency of the package.',
    severity: 'error',
    from: { ...production, pathNot: [testCode, '^apps/orders/'] },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'npm-peer', 'type-only'] },
  },
  {
    name: 'no-undeclared-dependency',
    comment: 'A package that only another package brings along may be gone with its next release.',
    severity: 'error',
    from: {},
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
];

const purity = [
  {
    name: 'engine-is-pure',
    comment: 'The engine decides from its arguments alone: no package and no module of Node.',
    severity: 'error',
    from: { path: '^libs/engine/', pathNot: testCode },
    to: { path: '.', pathNot: '^libs/' },
  },
  {
    name: 'protocol-knows-no-nest-and-no-nats',
    severity: 'error',
    from: { path: '^libs/protocol/', pathNot: testCode },
    to: { path: '^node_modules/(@nestjs|@nats-io)/' },
  },
  {
    name: 'workflow-knows-no-nats',
    severity: 'error',
    from: { path: '^libs/workflow/' },
    to: { path: '^node_modules/@nats-io/' },
  },
  {
    name: 'client-takes-types-only-from-workflow',
    severity: 'error',
    from: { path: '^libs/client/', pathNot: testCode },
    to: { path: '^libs/workflow/', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'jetstream-is-the-journals',
    comment: 'Only the journal knows how data lies in JetStream.',
    severity: 'error',
    from: { ...production, pathNot: [testCode, '^libs/journal/'] },
    to: { path: '^node_modules/@nats-io/(jetstream|kv)/' },
  },
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [...libRules, ...appRules, ...ordersRules, ...structure, ...purity],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    // An import of types is an import too.
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
