// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// The navigation, from the folders of docs/ and the titles of the pages. A new page appears by itself.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

// sections are in the order of the sidebar. A page belongs to the section that names it, or else to the one of its folder; a page
// directly in docs/ that no section names belongs to the one of the folder ''. The named pages come first, the others by title.
const sections = [
  { title: 'Tutorial', first: ['tutorial'] },
  { title: 'How-to guides', folder: 'how-to', first: ['how-to/install', 'how-to/configure', 'how-to/upgrade', 'how-to/back-up-and-restore', 'how-to/uninstall'] },
  { title: 'Reference', folder: 'reference', first: ['reference/README', 'reference/api', 'reference/users-api', 'reference/kubectl-clerk', 'glossary'] },
  { title: 'Explanation', folder: 'explanation', first: ['explanation/reconciliation', 'explanation/ownership'] },
  { title: 'Operations', folder: '', first: ['operations', 'troubleshooting', 'benchmarks'] },
  { title: 'Development', folder: 'development', first: [], collapsed: true },
  { title: 'Decisions', folder: 'decisions', first: ['decisions/README'], collapsed: true, byName: true },
]

// titleOf returns the first heading of a page without Markdown, or an empty text while it has none.
function titleOf(file) {
  const heading = readFileSync(file, 'utf8').match(/^# (.+)$/m)
  return (heading?.[1] ?? '').replace(/`/g, '').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').trim()
}

// pages returns all pages of docs/ by their paths without .md.
function pages(checkout) {
  const docs = join(checkout, 'docs')
  const names = readdirSync(docs, { recursive: true }).map((name) => name.replaceAll('\\', '/'))
  return names.filter((name) => name.endsWith('.md')).map((name) => ({ path: name.slice(0, -3), title: titleOf(join(docs, name)) }))
}

const folderOf = (page) => (page.path.includes('/') ? page.path.slice(0, page.path.indexOf('/')) : '')

// filled returns the sections with their pages, without the empty ones. A folder without a section comes last, under its own name.
function filled(checkout) {
  const rest = pages(checkout)
  const known = rest.map(folderOf).filter((folder) => !sections.some((section) => section.folder === folder))
  const named = new Set(sections.flatMap((section) => section.first))
  const all = [...sections, ...[...new Set(known)].sort().map((folder) => ({ title: folder, folder, first: [] }))]
  return all
    .map((section) => {
      const first = section.first.map((path) => rest.find((page) => page.path === path)).filter(Boolean)
      const others = rest.filter((page) => !named.has(page.path) && folderOf(page) === section.folder)
      const key = section.byName ? 'path' : 'title'
      others.sort((a, b) => a[key].localeCompare(b[key], 'en', { sensitivity: 'base' }))
      return { ...section, pages: [...first, ...others] }
    })
    .filter((section) => section.pages.length > 0)
}

// untitled says which pages have no title. While somebody writes one, that is no error yet.
export function untitled(checkout) {
  return pages(checkout)
    .filter((page) => page.title === '')
    .map((page) => `docs/${page.path}.md: the page has no title; begin it with "# Title"`)
}

// sidebar returns the sections as groups of links.
export function sidebar(checkout) {
  return filled(checkout).map((section) => {
    if (section.pages.length === 1) return { text: section.pages[0].title, link: `/${section.pages[0].path}` }
    return {
      text: section.title,
      collapsed: section.collapsed ?? false,
      items: section.pages.map((page) => ({ text: page.path.endsWith('/README') ? 'Overview' : page.title || page.path, link: `/${page.path}` })),
    }
  })
}

// navigation returns a link to the first page of each section that is not collapsed.
export function navigation(checkout) {
  return filled(checkout)
    .filter((section) => !section.collapsed)
    .map((section) => ({
      text: section.title,
      link: `/${section.pages[0].path}`,
      activeMatch: `^/(${section.pages.map((page) => page.path).join('|')})(\\.html)?$`,
    }))
}
