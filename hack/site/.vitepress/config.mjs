// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// The documentation's site, of README.md and docs/. "make docs" copies this directory to .cache/site and runs VitePress there.
import { utimesSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitepress'
import { checkSite } from '../check.mjs'
import { githubSlug, readAsGitHub } from '../markdown.mjs'
import { linksOf } from '../links.mjs'
import { navigation, sidebar, untitled } from '../navigation.mjs'

const checkout = process.env.DOCS_CHECKOUT
// pages has a link to README.md and one to docs/ of the checkout.
const pages = fileURLToPath(new URL('../pages', import.meta.url))
const base = process.env.DOCS_BASE || '/'
const repository = 'https://github.com/clerk-operator/clerk-operator'
const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#3451b2"/>' +
  '<path d="M11 5.5a4 4 0 1 0 0 5" fill="none" stroke="#fff" stroke-width="2"/></svg>'
const branches =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2">' +
  '<circle cx="6" cy="5" r="2.5"/><circle cx="6" cy="19" r="2.5"/><circle cx="18" cy="8" r="2.5"/>' +
  '<path d="M6 7.5v9M18 10.5c0 4-6 3-11 6" /></svg>'
const links = linksOf(pages, checkout, repository)

export default defineConfig({
  title: 'clerk-operator',
  description: 'Kubernetes operator that keeps users of Clerk as ClerkUser objects declare them',
  lang: 'en',
  base,
  // Without an icon, browsers ask for /favicon.ico. This is the letter of the name on the colour of links.
  head: [['link', { rel: 'icon', href: `data:image/svg+xml,${encodeURIComponent(icon)}` }]],
  srcDir: pages,
  rewrites: { 'README.md': 'index.md', 'docs/:path*': ':path*' },
  outDir: process.env.DOCS_OUTPUT || join(checkout, 'out/site'),
  cleanUrls: false,
  // Raw HTML of a page would be a template of Vue; markdown.mjs leaves only what GitHub shows.
  markdown: {
    attrs: { disable: true },
    anchor: { slugify: githubSlug },
    config(md) {
      md.linkify.set({ fuzzyLink: false, fuzzyEmail: false })
      readAsGitHub(md, links)
    },
  },
  themeConfig: {
    nav: navigation(checkout),
    sidebar: sidebar(checkout),
    outline: [2, 3],
    editLink: { pattern: `${repository}/edit/main/:path`, text: 'Edit this page on GitHub' },
    // An icon by name would come from another host while the development server runs.
    socialLinks: [{ icon: { svg: branches }, link: repository, ariaLabel: 'Repository on GitHub' }],
    // No functions as options, but for _render, which stays here: the pages would compile them, which a Content-Security-Policy forbids.
    search: { provider: 'local', options: { _render: searched } },
  },
  buildEnd: (site) => checkSite(site.outDir, base, [...untitled(checkout), ...links.missing()]),
  vite: {
    // The links of pages/ are followed when files are read, but not in their names: a page is below the packages that it needs.
    resolve: { preserveSymlinks: true },
    // The index of the search is one file, loaded on the first search.
    build: { chunkSizeWarningLimit: 2000 },
    plugins: [newPagesAppear()],
  },
})

// searched returns what of a page is searched: of a decision record, which has the words of its time, the title.
function searched(source, env, md) {
  const whole = md.render(source, env)
  return /\/decisions\/\d/.test(env.path) ? md.render(source.split('\n')[0], env) : whole
}

// newPagesAppear has the development server read the navigation again when a page is added or removed.
function newPagesAppear() {
  const config = fileURLToPath(import.meta.url)
  const restart = (name) => name.endsWith('.md') && utimesSync(config, new Date(), new Date())
  return {
    name: 'new-pages-appear',
    apply: 'serve',
    configureServer: (server) => void server.watcher.on('add', restart).on('unlink', restart),
  }
}
