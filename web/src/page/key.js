// The access key of the service: asked for once, kept in the tab, sent as a header, in no address.
import { h } from '../draw/dom.js'

export async function askForKey(service) {
  let said = ''
  for (;;) {
    if (!service.key) service.key = await keyFrom(said)
    const response = await service.fetch('/explore.json')
    if (response.ok) {
      document.querySelector('#key')?.remove()
      return response.json()
    }
    service.forgetKey()
    said = [401, 403].includes(response.status) ? 'The service does not accept this key.' : `The service answered ${response.status}.`
  }
}

function keyFrom(said) {
  document.querySelector('#key')?.remove()
  const input = h('input', { type: 'password', autocomplete: 'off', required: true })
  const form = h('form', { id: 'key' }, h('p', { role: 'status' }, said || 'This service needs a key. It stays in this tab.'),
    h('label', {}, 'Access key ', input), h('button', {}, 'Use key'))
  document.querySelector('main').append(form)
  input.focus()
  return new Promise((resolve) => form.addEventListener('submit', (event) => (event.preventDefault(), resolve(input.value.trim()))))
}
