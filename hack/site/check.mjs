// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// What a built site must not have: links to nothing, also within pages, and files of other hosts.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

const unescaped = (text) => decodeURIComponent(text.replaceAll('&amp;', '&'))

// checkSite fails with all dead links of the site in a directory, and with the problems that were found before.
export function checkSite(directory, base, found) {
  const pages = new Map()
  for (const name of readdirSync(directory, { recursive: true }).filter((file) => file.endsWith('.html'))) {
    const html = readFileSync(join(directory, name), 'utf8')
    const ids = new Set([...html.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => unescaped(id)))
    pages.set(name.replaceAll('\\', '/'), { html, ids })
  }
  const problems = [...found]
  for (const [name, page] of pages) {
    for (const [, href] of page.html.matchAll(/<a\s[^>]*?href="([^"]*)"/g)) {
      const problem = deadLink(directory, base, pages, name, unescaped(href))
      if (problem) problems.push(`${name}: ${href}: ${problem}`)
    }
  }
  if (problems.length > 0) throw new Error(`wrong in the pages:\n${[...new Set(problems)].join('\n')}`)
}

// deadLink says what is wrong with a link of a page.
function deadLink(directory, base, pages, name, href) {
  const url = new URL(href, `http://site${base}${name}`)
  if (url.host !== 'site') return ''
  if (!url.pathname.startsWith(base)) return `it leaves ${base}`
  const path = decodeURIComponent(url.pathname.slice(base.length))
  const target = path === '' || path.endsWith('/') ? `${path}index.html` : path
  if (!pages.has(target)) return existsSync(join(directory, target)) ? '' : 'there is no such page'
  const anchor = decodeURIComponent(url.hash.slice(1))
  return anchor === '' || pages.get(target).ids.has(anchor) ? '' : 'the page has no such anchor'
}
