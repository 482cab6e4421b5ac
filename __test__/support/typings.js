'use strict';

// What the typings say of options, error codes, metrics and entries, and where they differ from the engine's tables.
// An option's comment ends with its default and its limits, as the tables have them: "Default: 10000, 1 to 86400000."

const ts = require('typescript');

const { defaultOf, limitsOf } = require('../../lib/tables.js');

/** The types that take the options of each section, by the file that they are in. */
const SECTIONS = {
  'index.d.ts': {
    injector: ['TelephonyConfig', 'SessionConfig'],
    auth: ['ClientCredentialsConfig', 'PasswordConfig', 'AccessKeyConfig'],
    injection: ['InjectionOptions'],
    lock: ['LockOptions'],
    close: ['CloseOptions'],
  },
  'simulator.d.ts': { simulator: ['SimulatorOptions'] },
};

class Typings {
  /** @param {string} text */
  constructor(text) {
    const file = ts.createSourceFile('index.d.ts', text, ts.ScriptTarget.Latest, true);
    this.declared = new Map(file.statements.filter((one) => one.name).map((one) => [one.name.text, one]));
  }

  /** The properties of an interface and of what it extends, the latter first. */
  properties(name) {
    const node = this.declared.get(name);
    const bases = (node.heritageClauses ?? []).flatMap(({ types }) =>
      types.map((one) => one.expression.text),
    );
    const all = [...bases.flatMap((base) => this.properties(base)), ...node.members];
    return [...new Map(all.map((member) => [member.name.getText(), member])).values()];
  }

  /** The fields of the object that a property holds, when it is one of plain fields or one of several such. */
  inside({ type }) {
    if (!type || ts.isTypeLiteralNode(type)) return type?.members;
    const parts = ts.isUnionTypeNode(type) ? type.types : [type];
    for (const part of parts.filter(ts.isTypeReferenceNode)) {
      const node = this.declared.get(part.typeName.text);
      if (!node) continue;
      if (node.members?.every(ts.isPropertySignature)) return this.properties(part.typeName.text);
      const alternatives = node.type?.types ?? [];
      if (alternatives[0] && ts.isTypeLiteralNode(alternatives[0]))
        return alternatives.flatMap((one) => [...one.members]);
    }
  }

  /** Each option below a type: its path, what its comment says of the default, and whether it must be there. */
  options(members, path = []) {
    return members.flatMap((member) => {
      const full = [...path, member.name.getText()];
      const required = !member.questionToken;
      const own = {
        path: full.join('.'),
        where: `${member.parent.name?.text ?? ''}.${member.name.getText()}`,
        required,
        // It tells the types of a union apart: what one of them requires, another may not have.
        apart: required && (ts.isLiteralTypeNode(member.type) || ts.isTypeLiteralNode(member.parent)),
        default: DEFAULT.exec(commentOf(member))?.[0],
      };
      return [own, ...this.options(this.inside(member) ?? [], full)];
    });
  }

  /** Each field below a type, by the path to it; of an object its fields. */
  fields(members, path = []) {
    return members.flatMap((member) => {
      const full = [...path, member.name.getText()];
      const inside = this.inside(member);
      return inside ? this.fields(inside, full) : [full.join('.')];
    });
  }

  /** Each error code with its deliveries. */
  errors() {
    const codes = new Map();
    const union = this.declared.get('DtmfError').type.types.map((one) => one.typeName.text);
    for (const name of union) {
      const [code, deliveries] = this.declared.get(name).heritageClauses[0].types[0].typeArguments;
      const named = (ts.isUnionTypeNode(deliveries) ? deliveries.types : [deliveries]).map(literal);
      codes.set(literal(code), [...(codes.get(literal(code)) ?? []), ...named]);
    }
    return codes;
  }
}

const NONE = 'Default: none.';
const DEFAULT = /\bDefault: .+?\.(?=\s|$)/;

const literal = (node) => node.literal.text;

function commentOf(member) {
  const [doc] = ts.getJSDocCommentsAndTags(member);
  const text = ts.getTextOfJSDocComment(doc?.comment) ?? '';
  return text.replace(/\s+/g, ' ').replaceAll('`', '');
}

/** How the comment of an option must end; where there is neither default nor limit, it need not say so. */
function stated(option) {
  const limits = limitsOf(option);
  return `Default: ${defaultOf(option).replaceAll('`', '')}${limits && `, ${limits}`}.`;
}

function* optionProblems(typings, sections, { options }) {
  for (const [section, types] of Object.entries(sections)) {
    const table = new Map(options.filter((one) => one.section === section).map((one) => [one.path, one]));
    const typed = types.flatMap((type) => typings.options(typings.properties(type)));
    for (const { path, where, required, apart, default: sentence = NONE } of typed) {
      const option = table.get(path);
      if (!option) yield `${where} is in no table of ${section}`;
      else if (required) {
        // What goes with one value of another option alone is required with it.
        if (!apart && !option.required && !option.onlyWith)
          yield `${where} is required, in the table it is not`;
      } else if (option.required) yield `${where} is not required, in the table it is`;
      else if (sentence !== stated(option)) {
        yield `${where} says "${sentence}", the table "${stated(option)}"`;
      }
    }
    const names = new Set(typed.map(({ path }) => path));
    for (const path of table.keys()) if (!names.has(path)) yield `${section}: no type has ${path}`;
  }
}

function* errorProblems(typings, { errors }) {
  const typed = typings.errors();
  for (const { code, deliveries } of errors) {
    const known = typed.get(code) ?? [];
    if (String([...known].sort()) !== String([...deliveries].sort())) {
      yield `${code} is typed as "${known}", in the table it is "${deliveries}"`;
    }
  }
  for (const code of typed.keys()) {
    if (!errors.some((one) => one.code === code)) yield `${code} is in no table`;
  }
}

/** What a snapshot computes from counters that it has too. */
const COMPUTED = ['byCode', 'recognition.byAcceptance', 'recognition.reported.rate'];

function* metricProblems(typings, { metrics }) {
  const fields = typings.fields(typings.properties('MetricsSnapshot'));
  const known = metrics.map(({ json }) => json);
  // A metric may be several numbers: by a label, or percentiles.
  const isIn = (field, name) => field === name || field.startsWith(`${name}.`);
  for (const field of fields) {
    if (![...known, ...COMPUTED].some((name) => isIn(field, name)))
      yield `MetricsSnapshot.${field} is in no table`;
  }
  for (const name of known) {
    if (!fields.some((field) => isIn(field, name))) yield `MetricsSnapshot lacks ${name}`;
  }
}

function* entryProblems(typings, { outcome }) {
  const fields = typings.properties('AuditEntry').map((member) => member.name.getText());
  const known = outcome.map(({ json }) => json).filter((name) => name !== null);
  for (const field of fields) if (!known.includes(field)) yield `AuditEntry.${field} is in no table`;
  for (const name of known) if (!fields.includes(name)) yield `AuditEntry lacks ${name}`;
  for (const member of typings.properties('AuditEntry')) {
    const row = outcome.find(({ json }) => json === member.name.getText());
    const isOptional = member.questionToken !== undefined;
    if (row && isOptional === (row.shown === 'always')) {
      yield `AuditEntry.${row.json} is ${isOptional ? '' : 'not '}optional, the table says "${row.shown}"`;
    }
  }
}

/**
 * Everything in which the typings and the tables differ.
 *
 * @param {(name: string) => string} read gives the text of a file
 * @param {import('../../lib/tables.js').Tables} tables
 * @returns {string[]}
 */
function problems(read, tables) {
  const files = Object.keys(SECTIONS).map((name) => [name, new Typings(read(name))]);
  const [[, main]] = files;
  return [
    // Two types may inherit one option.
    ...new Set(files.flatMap(([name, typings]) => [...optionProblems(typings, SECTIONS[name], tables)])),
    ...errorProblems(main, tables),
    ...metricProblems(main, tables),
    ...entryProblems(main, tables),
  ];
}

module.exports = { problems };
