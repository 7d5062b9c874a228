/**
 * Build the extension of JupyterLab and Notebook, into ../../jupyter_scheduler_ext/labextension/.
 *
 * JupyterLab's own packages are not bundled and not even installed: an import of one becomes what JupyterLab lends
 * (share_scope.ts). Why not its builder: docs/decisions.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "..", "jupyter_scheduler_ext", "labextension");
const read = (...path) => JSON.parse(readFileSync(join(here, ...path), "utf8"));
const manifest = read("package.json");
const { version } = read("..", "package.json");
const { name, dependencies } = manifest;

/** Imports of JupyterLab's packages: what was borrowed under that name. */
const lent = {
  name: "lent by JupyterLab",
  setup(build) {
    build.onResolve({ filter: /^@(jupyterlab|lumino)\// }, ({ path }) =>
      path in dependencies
        ? { path, namespace: "lent" }
        : { errors: [{ text: `${path} is not among the dependencies in lab/package.json` }] },
    );
    build.onLoad({ filter: /./, namespace: "lent" }, ({ path }) => ({
      contents: `module.exports = require("./share_scope.ts").lent(${JSON.stringify(path)});`,
      resolveDir: here,
    }));
  },
};

const { outputFiles } = await esbuild.build({
  absWorkingDir: here,
  entryPoints: ["container.ts"],
  bundle: true,
  format: "iife",
  target: ["es2022"],
  minify: true,
  write: false,
  outdir: join(out, "static"),
  entryNames: "remoteEntry.[hash]",
  loader: { ".css": "text" },
  define: { __NAME__: JSON.stringify(name), __SHARED__: JSON.stringify(Object.keys(dependencies)) },
  plugins: [lent],
  logLevel: "warning",
});
const [entry] = outputFiles;

const schemas = join(out, "schemas", name);
rmSync(out, { recursive: true, force: true });
mkdirSync(dirname(entry.path), { recursive: true });
mkdirSync(schemas, { recursive: true });
writeFileSync(entry.path, entry.contents);
const load = `static/${basename(entry.path)}`;
const described = { ...manifest, version };
const json = (value) => `${JSON.stringify(value, null, 2)}\n`;
const jupyterlab = {
  extension: true,
  schemaDir: "schema",
  _build: { load, extension: "./extension", style: "./style" },
};
writeFileSync(join(out, "package.json"), json({ ...described, jupyterlab }));
// JupyterLab's settings editor reads the version here.
writeFileSync(join(schemas, "package.json.orig"), json(described));
cpSync(join(here, "schema.json"), join(schemas, "plugin.json"));
writeFileSync(
  join(out, "install.json"),
  json({
    packageManager: "python",
    packageName: name,
    uninstallInstructions: `Use your Python package manager (pip, conda, etc.) to uninstall the package ${name}`,
  }),
);
console.log(
  `${"labextension".padEnd(16)} ${(entry.contents.length / 1024).toFixed(1).padStart(7)} KB  gzip ${(gzipSync(entry.contents).length / 1024).toFixed(1).padStart(6)} KB`,
);
