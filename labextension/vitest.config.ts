import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  esbuild: { jsx: 'transform' },
  resolve: {
    alias: {
      // it wants a browser as soon as it is imported; what is drawn with it here is only its icons
      '@jupyterlab/ui-components': fileURLToPath(new URL('./tests/icons.tsx', import.meta.url))
    }
  },
  test: { include: ['tests/*.test.{ts,tsx}'] }
});
