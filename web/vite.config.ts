import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const server = process.env.TOCSIN_URL ?? 'http://127.0.0.1:8514';

/** For "npm run dev:mock": the handlers of the tests answer /api. Never part of the built app. */
const mockApi: Plugin = {
  name: 'mock-api',
  async configureServer(dev) {
    const { mount } = (await dev.ssrLoadModule(
      '/scripts/mock-api.ts',
    )) as typeof import('./scripts/mock-api');
    mount(dev);
  },
};

export default defineConfig(({ mode }) => ({
  plugins: [react(), ...(mode === 'mock' ? [mockApi] : [])],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    manifest: true,
  },
  server: {
    proxy: mode === 'mock' ? undefined : { '/api': { target: server, changeOrigin: true } },
  },
}));
