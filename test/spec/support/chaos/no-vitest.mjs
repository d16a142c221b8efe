// In a worker process the module of a spec is loaded for what it serves: its tests are declared to nobody.
// Used as `node --import no-vitest.mjs`.
import { register } from 'node:module';

const nothing = `
  const declare = () => undefined;
  declare.each = () => declare;
  export const describe = declare, it = declare, test = declare, expect = declare, vi = {};
  export const beforeAll = declare, beforeEach = declare, afterAll = declare, afterEach = declare;
  export const onTestFinished = declare, onTestFailed = declare, expectTypeOf = declare;
`;
const hooks = `
  const url = 'data:text/javascript,' + ${JSON.stringify(encodeURIComponent(nothing))};
  export const resolve = (specifier, context, next) =>
    specifier === 'vitest' ? { url, shortCircuit: true } : next(specifier, context);
`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
