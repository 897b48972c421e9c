// Rebuilds everything under static/vendor and static/icons/sprite.svg from the registry, at the exact
// versions of package-lock.json. Run it after changing a version or the icon list:
//   node static/vendor/build.mjs
// It works in a folder of its own, so no node_modules is ever left among the static files.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const icons = join(here, "..", "icons");
const work = await mkdtemp(join(tmpdir(), "wanllmdb-vendor-"));
const installed = (path) => join(work, "node_modules", path);

async function install() {
  await cp(join(here, "package.json"), join(work, "package.json"));
  await cp(join(here, "package-lock.json"), join(work, "package-lock.json"));
  execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: work, stdio: "inherit" });
}

async function bundle() {
  const esbuild = await import(pathToFileURL(installed("esbuild/lib/main.js")).href);
  await esbuild.build({
    absWorkingDir: work,
    entryPoints: {
      uplot: installed("uplot/dist/uPlot.esm.js"),
      htmx: installed("htmx.org/dist/htmx.esm.js"),
    },
    outdir: here,
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    legalComments: "inline",
  });
}

async function copyFonts() {
  await mkdir(join(here, "fonts"), { recursive: true });
  for (const face of ["inter", "jetbrains-mono"]) {
    const file = `@fontsource-variable/${face}/files/${face}-latin-wght-normal.woff2`;
    await cp(installed(file), join(here, "fonts", `${face}-latin.woff2`));
  }
}

/** One symbol an icon; colour and stroke come from the page's CSS, so only the shapes are kept. */
async function drawSprite() {
  const names = (await readFile(join(icons, "icons.txt"), "utf8")).split(/\s+/).filter(Boolean);
  const symbols = [];
  for (const name of names.sort()) {
    const svg = await readFile(installed(`lucide-static/icons/${name}.svg`), "utf8");
    const shapes = svg
      .slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"))
      .replace(/\s*\n\s*/g, "")
      .replace(/ \/>/g, "/>");
    symbols.push(`<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`);
  }
  const head = '<svg xmlns="http://www.w3.org/2000/svg">';
  await writeFile(join(icons, "sprite.svg"), `${head}\n${symbols.join("\n")}\n</svg>\n`);
}

const parts = [
  { name: "uplot", licence: "MIT", files: ["uplot.js"] },
  { name: "htmx.org", licence: "0BSD", files: ["htmx.js"] },
  { name: "lucide-static", licence: "ISC and MIT", files: ["../icons/sprite.svg"] },
  { name: "@fontsource-variable/inter", licence: "OFL-1.1", files: ["fonts/inter-latin.woff2"] },
  {
    name: "@fontsource-variable/jetbrains-mono",
    licence: "OFL-1.1",
    files: ["fonts/jetbrains-mono-latin.woff2"],
  },
];

async function writeManifest() {
  await rm(join(here, "licences"), { recursive: true, force: true });
  await mkdir(join(here, "licences"));
  const manifest = [];
  for (const { name, licence, files } of parts) {
    const about = JSON.parse(await readFile(installed(`${name}/package.json`), "utf8"));
    const text = `licences/${name.replace(/^@/, "").replace("/", "-")}.txt`;
    await cp(installed(`${name}/LICENSE`), join(here, text));
    const hashed = [];
    for (const path of files) {
      const bytes = await readFile(join(here, path));
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      hashed.push({ path: relative(join(here, ".."), join(here, path)), bytes: bytes.length, sha256 });
    }
    manifest.push({ name, version: about.version, licence, licence_text: `vendor/${text}`, files: hashed });
  }
  await writeFile(join(here, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

try {
  await install();
  await bundle();
  await copyFonts();
  await drawSprite();
  await writeManifest();
} finally {
  await rm(work, { recursive: true, force: true });
}
