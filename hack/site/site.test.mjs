// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// node --test hack/site
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { checkSite } from './check.mjs'
import { linksOf } from './links.mjs'
import { githubSlug, shownHTML } from './markdown.mjs'
import { navigation, sidebar, untitled } from './navigation.mjs'

// directory writes files into a new directory, which is removed at the end of the test.
function directory(t, files) {
  const root = mkdtempSync(join(tmpdir(), 'site-'))
  t.after(() => rmSync(root, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return root
}

test('raw HTML is what GitHub shows, and nothing of it is a template', () => {
  const translate = (href) => `to:${href}`
  for (const [text, want] of [
    ['<name>', '&lt;name&gt;'],
    ['<br>', '<br>'],
    ['<details><summary>a</summary>', '<details><summary>a</summary>'],
    ['<!-- not run: needs a registry -->', ''],
    ['<img src="a.png" alt="b">', '<img src="./a.png" alt="b">'],
    ['<source srcset="../a.png" media="(prefers-color-scheme: dark)">', '<source srcset="../a.png" media="(prefers-color-scheme: dark)">'],
    ['<a href="a.md">', '<a href="to:a.md">'],
    ['<img src="a.png" onerror="alert(1)" alt="b"/>', '<img src="./a.png" alt="b">'],
    ['<a :href="b" @click="c" v-html="d">e</a>', '<a>e</a>'],
    ['<a id="spec"></a>', '<a id="spec"></a>'],
    ['<details open><summary>', '<details open=""><summary>'],
    ['<about>', '&lt;about&gt;'],
    ['<script>{{ a }}</script>', '&lt;script&gt;&#123;&#123; a }}&lt;/script&gt;'],
    ['a < b && c &nbsp; &#8203;', 'a &lt; b &amp;&amp; c &nbsp; &#8203;'],
  ]) {
    assert.equal(shownHTML(text, translate), want)
  }
})

test('anchors are those of GitHub', () => {
  for (const [heading, want] of [
    ["Where Clerk's behaviour is not documented", 'where-clerks-behaviour-is-not-documented'],
    ['Requests under /_emulator', 'requests-under-_emulator'],
    ['1. Start', '1-start'],
    ['A & B', 'a--b'],
  ]) {
    assert.equal(githubSlug(heading), want)
  }
})

test('links lead to pages, or else to the repository', (t) => {
  const root = directory(t, { 'README.md': '', 'config/a.yaml': '', 'docs/a.md': '', 'docs/how-to/b.md': '' })
  const links = linksOf('/pages', root, 'https://example.com')
  const page = '/pages/docs/how-to/b.md'
  for (const [href, want] of [
    ['../a.md#x', '/a.html#x'],
    ['../../README.md', '/'],
    ['../../config/a.yaml', 'https://example.com/blob/main/config/a.yaml'],
    ['../../config', 'https://example.com/tree/main/config'],
    ['#x', '#x'],
    ['mailto:a@example.com', 'mailto:a@example.com'],
    ['https://example.org/a.md', 'https://example.org/a.md'],
  ]) {
    assert.equal(links.translate(page, href), want)
  }
  assert.deepEqual(links.missing(), [])
  links.translate(page, '../c.md')
  links.translate(page, '../../../etc')
  assert.match(links.missing().join('\n'), /^docs\/how-to\/b\.md: \.\.\/c\.md: there is no file docs\/c\.md\n.*etc/)
})

test('each page is in the navigation, those that the sections name first', (t) => {
  const page = (title) => `# ${title}\n`
  const root = directory(t, {
    'README.md': page('a'), 'docs/tutorial.md': page('The tutorial'), 'docs/glossary.md': page('Glossary'), 'docs/new.md': page('New'), 'docs/operations.md': page('Operations'),
    'docs/how-to/zebra.md': page('Ask a `zebra`'), 'docs/how-to/install.md': page('Install'), 'docs/how-to/ant.md': page('Feed [ants](ant.md)'),
    'docs/other/d.md': page('D'), 'docs/other/e.md': page('E'),
  })
  const shown = sidebar(root).map((group) => [group.text, ...(group.items ?? []).map((item) => item.text)])
  assert.deepEqual(shown, [
    ['The tutorial'], ['How-to guides', 'Install', 'Ask a zebra', 'Feed ants'], ['Glossary'], ['Operations', 'Operations', 'New'], ['other', 'D', 'E'],
  ])
  assert.equal(navigation(root)[1].link, '/how-to/install')
  writeFileSync(join(root, 'docs/how-to/empty.md'), 'text\n')
  assert.deepEqual(untitled(root), ['docs/how-to/empty.md: the page has no title; begin it with "# Title"'])
  assert.ok(sidebar(root)[1].items.some((item) => item.text === 'how-to/empty'))
})

test('a site with dead links is refused', (t) => {
  const index = '<h1 id="a">a</h1><a class="x" href="/b/c.html#d">d</a><a href="https://example.com/e">e</a><a href="#a">a</a>'
  const root = directory(t, { 'index.html': index, 'c.html': '<p id="d"></p><a href="/b/">home</a>', '404.html': '' })
  checkSite(root, '/b/', [])
  assert.throws(() => checkSite(root, '/b/', ['docs/a.md: b']), /docs\/a\.md: b/)
  writeFileSync(join(root, 'c.html'), '<a href="/b/none.html"></a><a href="/c.html"></a>')
  assert.throws(() => checkSite(root, '/b/', []), (error) => {
    assert.equal(error.message.split('\n').length, 4, error.message)
    assert.match(error.message, /index\.html: \/b\/c\.html#d: the page has no such anchor/)
    assert.match(error.message, /none\.html: there is no such page/)
    assert.match(error.message, /\/c\.html: it leaves \/b\//)
    return true
  })
})
