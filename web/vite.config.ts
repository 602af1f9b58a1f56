/// <reference types="node" />
import { defineConfig, type Plugin } from "vite";

const PAGES = ["index", "join", "room", "control", "archive"];
const SERVER = process.env.LIANXIAN_DEV_SERVER ?? "http://127.0.0.1:8080";

/** The server answers /join with join.html; the development server does the same. */
function cleanAddresses(): Plugin {
  return {
    name: "clean-addresses",
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        const [path = "", query] = (request.url ?? "").split("?");
        if (PAGES.includes(path.slice(1))) {
          request.url = `${path}.html${query === undefined ? "" : `?${query}`}`;
        }
        next();
      });
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  base: "/",
  plugins: [cleanAddresses()],
  server: {
    host: "127.0.0.1",
    port: 5173,
    proxy: {
      "/api": SERVER,
      "/socket.io": { target: SERVER, ws: true },
    },
  },
  build: {
    outDir: "../server/static",
    emptyOutDir: true,
    assetsDir: "assets",
    // The icon sheet is used by <use href>, which takes no data: addresses.
    assetsInlineLimit: 0,
    target: "es2022",
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: PAGES.map((page) => `${import.meta.dirname}/${page}.html`),
    },
  },
});
