import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const server = process.env.TOCSIN_URL ?? 'http://127.0.0.1:8514';

export default defineConfig(async ({ mode }) => ({
  plugins: [react(), ...(mode === 'mock' ? [(await import('./scripts/mock-api')).mockApi()] : [])],
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
