// What the job of the page is doing, with a way to stop it; what went wrong, with ways on.
import { h, replace } from '../draw/dom.js'

const SENTENCES = {
  accepted: (seconds) => `Accepted, waiting for ${seconds} s.`,
  running: (seconds) => `Running for ${seconds} s.`,
  busy: (_, left) => `The service is full and asks to wait: again in ${left} s.`,
  unreachable: (_, left) => `The service does not answer: again in ${left} s.`,
}

export class Progress {
  constructor(element) {
    this.element = element
    this.said = h('p', { role: 'status', id: 'progress' })
    this.actions = h('p', { class: 'actions' })
    element.replaceChildren(this.said, this.actions)
  }

  begin(cancel) {
    this.clear()
    this.start = performance.now()
    this.cancel = h('button', { type: 'button' }, 'Cancel')
    this.cancel.addEventListener('click', cancel)
  }

  // Quick answers are not announced: who waits for less than that needs no words.
  report(state) {
    this.state = state
    if (!SENTENCES[state.kind]) return
    this.timer ??= setInterval(() => this.show(), 1000)
    if (state.left !== undefined || performance.now() - this.start > 400) this.show()
    else setTimeout(() => this.timer && this.show(), 400)
  }

  show() {
    const seconds = Math.round((performance.now() - this.start) / 1000)
    this.said.textContent = SENTENCES[this.state.kind]?.(seconds, this.state.left) ?? ''
    if (!this.cancel.isConnected) replace(this.actions, this.cancel)
  }

  done(seconds) {
    this.clear()
    this.said.textContent = `Done in ${seconds.toFixed(1)} s.`
  }

  clear() {
    clearInterval(this.timer)
    this.timer = undefined
    this.said.textContent = ''
    this.actions.replaceChildren()
  }

  // `ways` are [text, action] pairs.
  fail(text, ways) {
    this.clear()
    this.said.textContent = text
    replace(this.actions, ways.map(([label, action]) => h('button', { type: 'button', onclick: action, dir: 'auto' }, label)))
  }
}

// The names that an error suggests: those it quotes after "closest".
export function closestNames(detail) {
  const [, names = ''] = detail.split(/closest[^:]*:/)
  return [...names.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([quoted]) => JSON.parse(quoted))
}
