// Opens pages in Chromium, in two widths and two schemes; prints what axe-core finds as JSON, and
// writes pictures when it is told where to.
//
// node look.mjs CHROMIUM PICTURES|- ADDRESS…
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import puppeteer from 'puppeteer-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const [executablePath, pictures, ...addresses] = process.argv.slice(2);
const browser = await puppeteer.launch({
  executablePath, args: ['--no-sandbox', '--allow-file-access-from-files'],
});
const found = [];
try {
  const page = await browser.newPage();
  for (const address of addresses) {
    for (const scheme of ['light', 'dark']) {
      for (const [kind, width] of [['wide', 1280], ['narrow', 390]]) {
        await page.setViewport({ width, height: 900 });
        await page.emulateMediaFeatures([
          { name: 'prefers-color-scheme', value: scheme },
          { name: 'prefers-reduced-motion', value: 'reduce' },
        ]);
        await page.goto(address, { waitUntil: 'load' });
        const name = address.split('/site/').pop().replaceAll('/', '_').replace('.html', '');
        if (pictures !== '-') {
          await page.screenshot({ path: `${pictures}/${name}-${kind}-${scheme}.png` });
        }
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => window.axe.run());
        const wider = await page.evaluate(
          () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
        );
        for (const { id, impact, help, nodes } of violations) {
          found.push({ page: name, kind, scheme, id, impact, help, where: nodes.map((n) => n.html.slice(0, 200)) });
        }
        if (wider) {
          found.push({ page: name, kind, scheme, id: 'wider-than-screen', impact: 'serious', help: 'the page scrolls sideways', where: [] });
        }
      }
    }
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(found));
