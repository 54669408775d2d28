// Photographs every .scene of the page on standard input into FOLDER/ID.png: node shoot.mjs FOLDER
import { readFileSync } from "node:fs";
import { join } from "node:path";
import esbuild from "esbuild";
import { chromium } from "playwright-core";

const folder = process.argv[2];
const bundle = esbuild.buildSync({
  stdin: { contents: "import '@skyra/discord-components-core';", resolveDir: import.meta.dirname },
  bundle: true,
  write: false,
  format: "esm",
  logLevel: "error",
});
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
try {
  const page = await browser.newPage({ viewport: { width: 800, height: 1200 }, deviceScaleFactor: 1.2 });
  await page.setContent(readFileSync(0, "utf8"));
  await page.addScriptTag({ type: "module", content: bundle.outputFiles[0].text });
  await page.waitForTimeout(500);
  for (const scene of await page.$$(".scene")) {
    await scene.screenshot({ path: join(folder, `${await scene.getAttribute("id")}.png`) });
  }
} finally {
  await browser.close();
}
