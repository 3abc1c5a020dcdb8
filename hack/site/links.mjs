// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Links of pages, which are written for readers of the files on GitHub.
import { existsSync, statSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'

// linksOf returns what translates a link of a page below a directory, which has the names of the checkout: to a page of the site where
// there is one, or else to the file in the repository.
export function linksOf(pages, checkout, repository) {
  const missing = new Set()
  return {
    missing: () => [...missing],
    translate(page, href) {
      if (href === '' || href.startsWith('#') || href.startsWith('//') || /^[a-z][a-z0-9+.-]*:/i.test(href)) return href
      const [, path, anchor] = href.match(/^([^#?]*)(.*)$/)
      const file = join(checkout, dirname(relative(pages, page)), decodeURIComponent(path))
      const name = relative(checkout, file).split(sep).join('/').replace(/\/$/, '')
      if (name.startsWith('..') || !existsSync(file)) {
        missing.add(`${relative(pages, page)}: ${href}: there is no file ${name}`)
        return repository // VitePress would end at the first page with such a link
      }
      if (name === 'README.md' || name === '') return `/${anchor}`
      if (name.startsWith('docs/') && name.endsWith('.md')) return `/${name.slice('docs/'.length, -'.md'.length)}.html${anchor}`
      return `${repository}/${statSync(file).isDirectory() ? 'tree' : 'blob'}/main/${name}${anchor}`
    },
  }
}
