/**
 * Build the one bundle that the page and the notebook widget share.
 *
 *   node build.mjs           minified, into ../jupyter_scheduler_ext/static/
 *   node build.mjs --watch   the same, again at every change
 *   node build.mjs --demo    the demo page with invented data, into dist-demo/
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const { version } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
const demo = process.argv.includes("--demo");
const watch = process.argv.includes("--watch");
const out = demo ? join(here, "dist-demo") : join(here, "..", "jupyter_scheduler_ext", "static");

/**
 * Alpine looks at each of the browser's globals once, to refuse them in expressions, and Chromium reports the deprecated
 * ones that are looked at. It leaves out those that were deprecated when it was made; this leaves out the newest.
 */
const quietGlobals = {
  name: "quiet-globals",
  setup(build) {
    build.onLoad({ filter: /alpinejs[\\/]csp[\\/]dist[\\/]module\.esm\.js$/ }, ({ path }) => {
      const known = 'key === "styleMedia"';
      const text = readFileSync(path, "utf8");
      if (!text.includes(known))
        throw new Error("Alpine looks at globals in another way now: see quietGlobals");
      return { contents: text.replace(known, `/fence/i.test(key) || ${known}`), loader: "js" };
    });
  },
};

const shared = {
  absWorkingDir: here,
  bundle: true,
  format: "esm",
  target: ["es2022", "chrome117", "firefox115", "safari17"],
  minify: !demo,
  sourcemap: true,
  legalComments: "none",
  define: { __VERSION__: JSON.stringify(version) },
  logLevel: "warning",
  metafile: true,
  plugins: [quietGlobals],
};

/** `import text from "./a.css?text"`: a style sheet with all that it imports, as a string. */
const styleText = {
  name: "style-text",
  setup(build) {
    build.onResolve({ filter: /\.css\?text$/ }, ({ path, resolveDir }) => ({
      path: resolve(resolveDir, path.replace("?text", "")),
      namespace: "style-text",
    }));
    build.onLoad({ filter: /.*/, namespace: "style-text" }, async ({ path }) => {
      const options = { ...shared, minify: true, sourcemap: false, write: false };
      const { outputFiles, metafile } = await esbuild.build({ ...options, entryPoints: [path] });
      const watchFiles = Object.keys(metafile.inputs).map((file) => join(here, file));
      return { contents: outputFiles[0].text, loader: "text", watchFiles };
    });
  },
};

/** Each is bundled on its own: a widget's module is a blob, from which no relative chunk can be loaded. */
const entries = [
  { ...shared, entryPoints: ["src/scheduler.ts"], outfile: join(out, "scheduler.js") },
  { ...shared, entryPoints: ["src/styles/scheduler.css"], outfile: join(out, "scheduler.css") },
  {
    ...shared,
    entryPoints: ["src/styles/font.css"],
    outfile: join(out, "font.css"),
    loader: { ".woff2": "dataurl" },
    legalComments: "inline",
    sourcemap: false,
  },
  { ...shared, entryPoints: ["src/panels.ts"], outfile: join(out, "panels.js"), plugins: [styleText] },
  { ...shared, entryPoints: ["src/editor/code_editor.ts"], outfile: join(out, "code-editor.js") },
  { ...shared, entryPoints: ["src/page.ts"], outfile: join(out, "page.js"), external: ["./scheduler.js"] },
];
if (demo) {
  entries.push({ ...shared, entryPoints: ["demo/demo.ts"], outfile: join(out, "demo.js") });
  entries.push({
    ...shared,
    entryPoints: ["demo/demo.css"],
    outfile: join(out, "demo.css"),
    loader: { ".woff2": "dataurl" },
  });
}

const contexts = await Promise.all(entries.map((entry) => esbuild.context(entry)));
if (watch) {
  await Promise.all(contexts.map((context) => context.watch()));
} else {
  for (const [index, context] of contexts.entries()) {
    await context.rebuild();
    const file = entries[index].outfile;
    const bytes = readFileSync(file);
    const name = file.slice(out.length + 1).padEnd(16);
    console.log(
      `${name} ${(bytes.length / 1024).toFixed(1).padStart(7)} KB  gzip ${(gzipSync(bytes).length / 1024).toFixed(1).padStart(6)} KB`,
    );
    await context.dispose();
  }
}
if (demo) writeFileSync(join(out, "index.html"), readFileSync(join(here, "demo", "index.html")));
