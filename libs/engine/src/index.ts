export * from './commands.js';
export * from './decide.js';
export * from './describe.js';
export * from './due-at.js';
export * from './events.js';
export * from './evolve.js';
export * from './history.js';
export * from './state.js';
