// Opens one local page in Chromium, desktop and phone, light and dark, and prints as JSON what it holds and did.
//
//   node look.mjs < plan     plan: {chromium, modules, open, shots}; a PNG file of each view goes into the folder `shots`
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const plan = JSON.parse(readFileSync(0, 'utf8'))
const { chromium } = createRequire(join(plan.modules, 'index.js'))('playwright-core')

const held = () => ({
  totals: Object.fromEntries([...document.querySelectorAll('[id^=total-]')].map((one) => [one.id.slice(6), Number(one.textContent)])),
  days: [...document.querySelectorAll('#days tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent)),
  commands: [...document.querySelectorAll('code')].map((one) => one.textContent),
  verdict: document.querySelector('#verdict').textContent,
  wide: document.documentElement.scrollWidth > window.innerWidth,
  filled: [...document.querySelectorAll('polyline')].filter((one) => getComputedStyle(one).fill !== 'none').length,
  cut: [...document.querySelectorAll('svg.plot text')].filter((one) => {
    const { x, width } = one.getBBox()
    return x < 0 || x + width > one.ownerSVGElement.viewBox.baseVal.width
  }).map((one) => one.textContent),
  colour: getComputedStyle(document.body).backgroundColor,
})

const browser = await chromium.launch({ executablePath: plan.chromium, args: ['--no-sandbox', '--no-first-run'] })
const views = {}
const asked = []
const complaints = []
try {
  for (const [name, width, height] of [['desktop', 1100, 1400], ['phone', 390, 844]]) {
    for (const colorScheme of ['light', 'dark']) {
      const context = await browser.newContext({ viewport: { width, height }, colorScheme })
      const page = await context.newPage()
      page.on('request', (request) => asked.push(request.url()))
      page.on('console', (message) => complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(String(error)))
      await page.goto(plan.open, { waitUntil: 'load' })
      views[`${name} ${colorScheme}`] = await page.evaluate(held)
      await page.screenshot({ path: join(plan.shots, `${name}-${colorScheme}.png`), fullPage: true })
      await context.close()
    }
  }
} finally {
  await browser.close()
}
console.log(JSON.stringify({ views, asked, complaints }))
