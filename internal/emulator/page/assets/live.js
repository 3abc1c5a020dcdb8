// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Follows what happens at the emulator. An event says that something changed; the page then reads itself again, and takes over the parts
// that are marked with data-live, and the values of fields that nobody has edited.
(() => {
  const status = document.getElementById('live')
  let reading = false
  let again = false

  const say = (text, on) => {
    status.textContent = text
    status.classList.toggle('on', on)
  }

  const replace = (old, fresh) => {
    if (old.innerHTML === fresh.innerHTML) return
    const focused = old.contains(document.activeElement) ? document.activeElement.id : ''
    old.replaceChildren(...fresh.childNodes)
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true })
  }

  // A refused form stays as it was sent.
  const fill = (fresh) => {
    if (document.querySelector('[aria-invalid]')) return
    for (const field of document.querySelectorAll('.fields input:not([type]), .fields textarea')) {
      const now = fresh.querySelector('form[action="' + field.form.getAttribute('action') + '"] [name="' + field.name + '"]' + (field.id ? '#' + field.id : ''))
      if (!now || field === document.activeElement || field.value !== field.defaultValue) continue
      field.defaultValue = now.defaultValue
      field.value = now.defaultValue
    }
  }

  // The address of a refused form shows its page when it is read.
  const read = async () => {
    if (reading) {
      again = true
      return
    }
    reading = true
    try {
      const answer = await fetch(location.href, { headers: { Accept: 'text/html' } })
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
      if (!answer.ok) {
        if (answer.status === 404) document.getElementById('main').replaceChildren(...fresh.getElementById('main').childNodes)
        return
      }
      for (const old of document.querySelectorAll('[data-live]')) {
        const part = fresh.getElementById(old.id)
        if (part) replace(old, part)
      }
      fill(fresh)
    } catch {
      // The emulator ended; the stream says so.
    } finally {
      reading = false
      if (again) {
        again = false
        read()
      }
    }
  }

  // A browser has six connections to a server for all of its tabs, so a tab that nobody sees closes its own.
  let events = null
  const follow = () => {
    events?.close()
    events = null
    if (document.hidden) return
    events = new EventSource('/events')
    events.onopen = () => {
      say('live', true)
      read()
    }
    events.onmessage = read
    events.onerror = () => say('not connected', false)
  }
  document.addEventListener('visibilitychange', follow)
  follow()
})()
