import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    passWithNoTests: true,
    coverage: { provider: 'v8', include: ['{apps,libs}/*/src/**/*.ts'] },
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['{apps,libs}/*/src/**/*.spec.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'spec',
          include: ['test/spec/**/*.spec.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.e2e-spec.ts'],
          // Real processes are killed and timed here: two files at once would disturb each other.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});

export default config;
