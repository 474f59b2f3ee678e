import { defineConfig } from 'vite';

export default defineConfig({
  // The page is served below any path: by the lab, or as files of a static site.
  base: './',
  build: {
    outDir: '../build/page',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
