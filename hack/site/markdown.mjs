// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// How pages are read: as GitHub reads them. VitePress makes a template of Vue of each page, and without these rules, <name> would be
// an element and {{ name }} an expression.

// githubSlug returns the anchor of a heading on GitHub.
export function githubSlug(heading) {
  return heading.trim().toLowerCase().replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '').replace(/ /g, '-')
}

// shownTags are the elements of HTML that pages use. Of their attributes, the harmless ones stay.
const shownTags = /^<(\/?)(a|b|br|code|details|em|hr|i|img|kbd|p|picture|source|strong|sub|summary|sup)(\s[^<>]*|\/)?>$/
const attributes = /\s(align|alt|height|href|id|media|open|src|srcset|title|width)(?:="([^"]*)")?(?=[\s/]|$)/g

// escaped returns text that neither HTML nor Vue interprets.
const escaped = (text) => interpolated(text.replace(/&(?!#?\w+;)/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;'))
const interpolated = (text) => text.replace(/\{\{/g, '&#123;&#123;')

// pictureOf returns the path of a picture as one that the build recognizes, and copies into the site.
const pictureOf = (path) => (/^([a-z]+:|[./])/i.test(path) ? path : `./${path}`)

// shownTag returns a tag of HTML without the attributes that GitHub removes, or escaped text if it is none.
function shownTag(text, translate) {
  const tag = text.match(shownTags)
  if (!tag) return escaped(text)
  const [, slash, name, rest = ''] = tag
  const kept = [...rest.matchAll(attributes)].map(([, key, value = '']) => {
    if (key === 'href') return ` href="${translate(value)}"`
    return ` ${key}="${key.startsWith('src') ? pictureOf(value) : value}"`
  })
  return `<${slash}${name}${kept.join('')}>`
}

// shownHTML returns raw HTML without comments, and with everything escaped that is none of the elements above.
export function shownHTML(text, translate) {
  return text
    .replace(/<!--[\s\S]*?-->/g, '')
    .split(/(<[^<>]*>)/)
    .map((part) => shownTag(part, translate))
    .join('')
}

// readAsGitHub adds the rules to a parser.
export function readAsGitHub(md, links) {
  const text = md.renderer.rules.text
  md.renderer.rules.text = (...args) => interpolated(text(...args))
  for (const rule of ['html_block', 'html_inline']) {
    md.renderer.rules[rule] = (tokens, i, options, env) => shownHTML(tokens[i].content, (href) => links.translate(env.realPath ?? env.path, href))
  }
  titleOfBlocks(md)
  shortCode(md)
  md.core.ruler.push('links', (state) => {
    const page = state.env.realPath ?? state.env.path
    for (const token of state.tokens.flatMap((block) => block.children ?? [])) {
      const href = token.attrGet('href')
      if (token.type === 'link_open' && href !== null && page) token.attrSet('href', links.translate(page, href))
    }
  })
}

// titleOfBlocks shows the name of a file above its block: ```yaml title="grace.yaml"
function titleOfBlocks(md) {
  const fence = md.renderer.rules.fence
  md.renderer.rules.fence = (...args) => {
    const [tokens, i] = args
    const title = tokens[i].info.match(/\stitle="([^"]*)"/)
    return (title ? `<div class="block-title">${escaped(title[1])}</div>` : '') + fence(...args)
  }
}

// shortCode marks code within text that is not to be broken into two lines, such as --key.
function shortCode(md) {
  const code = md.renderer.rules.code_inline
  md.renderer.rules.code_inline = (...args) => {
    const [tokens, i] = args
    return tokens[i].content.length > 24 ? code(...args) : code(...args).replace('<code', '<code class="short"')
  }
}
