// The form of the server, whose choices follow each other once scripts run.
import { h } from '../draw/dom.js'

const PAUSE_MS = 250
const SHOWN = ['question', 'statistic', 'years', 'category', 'stratum', 'areas', 'state']
// Without years they are of all of them.
const ALL_YEARS = ['trend', 'estimands']
const CHOICES = { weights: ['equal', 'sample_size', 'precision'], rule: ['nchs', 'brfss', 'none'], best: ['lowest', 'highest'] }
const LABELS = {
  weights: 'Weights', rule: 'Presentation standard', best: 'Best end', top: 'Places at the top', reference: 'Reference',
  versus_state: 'Compared with area', versus_years: 'Compared with years', versus_stratum: 'Compared with group',
}

export class Form {
  constructor(element, catalogue, onChange) {
    Object.assign(this, { element, catalogue, onChange })
    this.more = element.querySelector('.more')
    element.addEventListener('submit', (event) => (event.preventDefault(), this.changed(true)))
    element.addEventListener('change', (event) => this.changedBy(event.target))
    this.addSearch()
  }

  show(state) {
    const { catalogue } = this
    const question = catalogue.question(state.question)
    this.choices('question', topics(catalogue.questions), question ? question.id ?? question.question : state.question)
    this.choices('statistic', statisticGroups(catalogue.statistics), state.statistic)
    const years = [...(question?.years ?? [])].reverse().map(String)
    const statistic = catalogue.statistic(state.statistic)
    this.choices('years', [['', ALL_YEARS.includes(state.statistic) || statistic.is_mean ? 'all' : 'latest'], ...years.map((year) => [year, year]), ...(years.length > 1 ? [['all', 'all years']] : [])], state.years ?? '')
    this.choices('category', [['', statistic.is_mean || state.statistic === 'cells' ? 'All rows' : 'Whole population'], ...catalogue.divisions.map(both)], state.category ?? '')
    this.choices('stratum', this.strata(state.category), state.stratum ?? '')
    this.choices('areas', [['states', 'States'], ['all', 'States and territories']], state.areas)
    this.choices('state', [['', 'None'], ...catalogue.states.map(({ name }) => both(name))], state.state ?? '')
    this.showMore(state)
  }

  strata(category) {
    const names = this.catalogue.strata(category)
    return names.length > 1 ? [['', 'All'], ...names.map(both)] : [['', 'All']]
  }

  // A selection that the choices do not have, such as years 2011-2015, is one more of them.
  choices(name, groups, value) {
    const select = this.element.elements[name]
    if (!(select instanceof HTMLSelectElement)) {
      if (select) select.value = value
      return
    }
    const options = groups.map((group) => (Array.isArray(group) ? option(group) : h('optgroup', { label: group.label }, group.choices.map(option))))
    select.replaceChildren(...options)
    if (value && ![...select.options].some((one) => one.value === value)) select.append(option([value, value]))
    select.value = value
  }

  showMore(state) {
    const statistic = this.catalogue.statistic(state.statistic)
    const names = [...(statistic?.fields ?? []), ...(statistic?.optional ?? [])].filter((name) => !SHOWN.includes(name))
    this.more.hidden = !names.length
    if (this.more.dataset.names !== names.join()) {
      this.more.dataset.names = names.join()
      const controls = names.map((name) => h('label', {}, `${LABELS[name] ?? name} `, this.control(name)))
      this.more.replaceChildren(this.more.firstElementChild, ...controls)
    }
    for (const name of names) this.element.elements[name].value = state[name] ?? ''
    if (names.some((name) => state[name] || statistic.name === 'compare')) this.more.open = true
  }

  control(name) {
    const listed = { ...CHOICES, versus_state: this.catalogue.states.map((one) => one.name) }[name]
    if (!listed) return h('input', { name })
    return h('select', { name }, [['', 'Default'], ...listed.map(both)].map(option))
  }

  changedBy(control) {
    if (!control.name) return
    const { elements } = this.element
    if (control.name === 'category') {
      const [first] = this.catalogue.strata(control.value).length > 1 ? this.catalogue.strata(control.value) : ['']
      this.choices('stratum', this.strata(control.value), first)
    }
    if (control.name === 'question') {
      const { years = [] } = this.catalogue.question(control.value) ?? {}
      if (/^\d{4}$/.test(elements.years.value) && !years.includes(Number(elements.years.value))) elements.years.value = ''
    }
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.changed(), PAUSE_MS)
  }

  changed(isAsked = false) {
    clearTimeout(this.timer)
    this.onChange(Object.fromEntries([...new FormData(this.element)].map(([name, value]) => [name, value.trim()])), isAsked)
  }

  // Questions begin alike, so that typing into a list of them finds none.
  addSearch() {
    const select = this.element.elements.question
    const input = this.element.querySelector('.search input')
    if (!input) return
    input.addEventListener('input', () => {
      const words = input.value.toLocaleLowerCase().split(/\s+/)
      for (const one of select.options) {
        const text = `${one.value} ${one.textContent}`.toLocaleLowerCase()
        one.hidden = one.disabled = !words.every((word) => text.includes(word))
      }
    })
    input.addEventListener('change', (event) => {
      event.stopPropagation()
      const found = [...select.options].filter((one) => !one.disabled)
      if (found.length && !found.includes(select.selectedOptions[0])) {
        select.value = found[0].value
        this.changedBy(select)
      }
    })
  }
}

const both = (name) => [name, name]
const option = ([value, label]) => h('option', { value, dir: 'auto' }, label)

function topics(questions) {
  const choice = (one) => [one.id ?? one.question, one.id ? `${one.question} (${one.id})` : one.question]
  const named = [...new Set(questions.map((one) => one.topic).filter(Boolean))]
  if (!named.length) return questions.map(choice)
  const of = (topic) => questions.filter((one) => (one.topic ?? '') === topic).map(choice)
  return [...named.map((topic) => ({ label: topic, choices: of(topic) })), ...of('')]
}

// The means of before are no prevalence, and are labelled so.
function statisticGroups(statistics) {
  const choice = (one) => [one.name, one.title]
  return [
    { label: 'With uncertainty', choices: statistics.filter((one) => !one.is_mean).map(choice) },
    { label: 'Unweighted means of published cells', choices: statistics.filter((one) => one.is_mean).map(choice) },
  ].filter((group) => group.choices.length)
}
