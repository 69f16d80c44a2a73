// Drives Chromium: opens each page of a plan (JSON on standard input) and prints, as JSON, what a reader would see.
//
//   node browse.mjs < plan     plan: {chromium, modules, pages: [{name, open, frame, shot}]}
//
// `open` is the URL to go to; `frame` a text that the URL of the frame with the article holds; `shot` a PNG file to write.
// Every request that leaves 127.0.0.1 is reported, and none gets an answer: names do
// not resolve in this browser. A page whose frame does not come (the first registration of a service worker sometimes
// stalls) is tried again in a new context, five times in all.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const plan = JSON.parse(readFileSync(0, 'utf8'))
const { chromium } = createRequire(join(plan.modules, 'index.js'))('playwright-core')
const TRIES = 5
const PATIENCE = 8_000 // milliseconds until a page's frame must be there

// Runs in the frame: what is shown of the page. Both engines say in `wbinfo` which capture it is.
const seen = () => {
  const body = (document.querySelector('#artibody, #article') ?? document.body).cloneNode(true)
  for (const one of body.querySelectorAll('script, style')) one.remove()
  const headline = document.querySelector('h1')
  return {
    address: location.href,
    charset: document.characterSet,
    moment: window.wbinfo?.timestamp ?? '',
    headline: headline?.textContent ?? '',
    size: headline ? getComputedStyle(headline).fontSize : '',
    body: body.textContent,
    images: [...document.querySelectorAll('.img_wrapper img')].map((one) => ({ source: one.src, width: one.naturalWidth })),
  }
}

async function frameOf(page, part) {
  const whole = (frame) =>
    frame.evaluate(() => document.readyState === 'complete' && (document.body?.innerText ?? '').trim() !== '').catch(() => false)
  const end = Date.now() + PATIENCE
  while (Date.now() < end) {
    for (const frame of page.frames().filter((one) => one.url().includes(part))) {
      if (await whole(frame)) return frame
    }
    await page.waitForEvent('framenavigated', { timeout: 250 }).catch(() => null) // or look again
  }
  return null
}

async function look(browser, wish, left) {
  const context = await browser.newContext({ viewport: { width: 1000, height: 900 } })
  const asked = []
  context.on('request', (request) => asked.push(request.url()))
  try {
    const page = await context.newPage()
    const statuses = new Map()
    page.on('response', (answer) => statuses.set(answer.url(), answer.status()))
    await page.goto(wish.open, { waitUntil: 'load' })
    const frame = await frameOf(page, wish.frame)
    if (frame === null) return null
    const facts = await frame.evaluate(seen)
    await page.screenshot({ path: wish.shot })
    return { ...facts, status: statuses.get(frame.url()) ?? 0 }
  } finally {
    left.push(...asked.filter((url) => /^(https?|wss?):/.test(url) && new URL(url).hostname !== '127.0.0.1'))
    await context.close()
  }
}

const quiet = ['gpu', 'quic', 'background-networking', 'component-update', 'sync'].map((one) => `--disable-${one}`)
const browser = await chromium.launch({
  executablePath: plan.chromium,
  args: ['--no-sandbox', '--no-first-run', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1', ...quiet],
})
const pages = {}
const left = []
try {
  for (const wish of plan.pages) {
    for (let attempt = 1; attempt <= TRIES && !pages[wish.name]; attempt += 1) {
      pages[wish.name] = await look(browser, wish, left)
      if (pages[wish.name]) pages[wish.name].attempt = attempt
    }
  }
} finally {
  await browser.close()
}
console.log(JSON.stringify({ pages, left }))
