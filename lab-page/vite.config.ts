import { defineConfig } from 'vite';
import { recordedScenes } from '../tools/recorded-scenes.ts';
import { serverSources } from '../tools/server-sources.ts';

export default defineConfig({
  // The page is served below any path: by the lab, or as files of a static site.
  base: './',
  plugins: [
    serverSources(new URL('../src/servers/', import.meta.url)),
    recordedScenes(new URL('./recorded/', import.meta.url)),
  ],
  build: {
    outDir: '../build/page',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
