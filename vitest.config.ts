import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    passWithNoTests: true,
    coverage: { provider: 'v8', include: ['{apps,libs}/*/src/**/*.ts'] },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{apps,libs}/*/src/**/*.spec.ts', 'test/checker/**/*.spec.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'spec',
          include: ['test/{spec,sim}/**/*.spec.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.e2e-spec.ts'],
          // Real processes are killed and timed here: another file at the same time would disturb them,
          // so these run one after the other, and after the rest.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});

export default config;
