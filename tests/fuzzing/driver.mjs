// Runs a batch of modules in this JavaScript engine and prints what they do, in the form of
// tests/fuzzing/fuzzing/transcript.hpp. Called by cairn-differential:
//   node [FLAGS] driver.mjs FOLDER
// FOLDER/plan.txt has the lines `module N` (the file is N.wasm) and `call NAME [VALUE…]`.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
const stepsPerCall = Number(process.argv[3]);
const lines = [];

const view = new DataView(new ArrayBuffer(8));
const hex = (value, width) => BigInt.asUintN(width * 4, BigInt(value)).toString(16).padStart(width, '0');

function toText(value, type) {
  switch (type) {
    case 'i32': return `i32:${hex(value, 8)}`;
    case 'i64': return `i64:${hex(value, 16)}`;
    case 'f32':
      if (Number.isNaN(value)) return 'f32:nan';
      view.setFloat32(0, value);
      return `f32:${hex(view.getUint32(0), 8)}`;
    case 'f64':
      if (Number.isNaN(value)) return 'f64:nan';
      view.setFloat64(0, value);
      return `f64:${hex(view.getBigUint64(0), 16)}`;
    default: return value === null ? 'null' : 'ref';
  }
}

function fromText(text) {
  if (text === 'null') return null;
  const [type, bits] = text.split(':');
  if (bits === 'nan') return NaN;
  switch (type) {
    case 'i32': return Number.parseInt(bits, 16) | 0;
    case 'i64': return BigInt.asIntN(64, BigInt(`0x${bits}`));
    case 'f32':
      view.setUint32(0, Number.parseInt(bits, 16));
      return view.getFloat32(0);
    default:
      view.setBigUint64(0, BigInt(`0x${bits}`));
      return view.getFloat64(0);
  }
}

// What V8 says, in the words of transcripts; the first that fits.
const reasons = [
  [/unreachable/, 'unreachable'],
  [/divide by zero|remainder by zero/, 'integer divide by zero'],
  [/unrepresentable/, 'number out of range'],
  [/null function|function signature/, 'wrong callee'],
  [/out of bounds|segment|table|null|unaligned|too large/, 'wrong operand'],
  [/illegal cast/, 'cast failure'],
  [/Atomics.wait/, 'expected shared memory'],
  [/call stack/, 'call stack exhausted'],
];

function failure(error) {
  if (error instanceof WebAssembly.Exception) return 'exception';
  const found = reasons.find(([pattern]) => pattern.test(error.message));
  return `trap ${found ? found[1] : error.message}`;
}

function digest(buffer) {
  const mix = (hash, word) => Math.imul(hash ^ word, 0x01000193);
  const bytes = new Uint8Array(buffer);
  const words = new Int32Array(buffer, 0, bytes.length >>> 2);
  let hash = 0x811C9DC5 | 0;
  for (let i = 0; i < words.length; ++i) {
    if (words[i] !== 0) hash = mix(mix(hash, i), words[i]);
  }
  for (let i = 4 * words.length; i < bytes.length; ++i) hash = mix(hash, bytes[i]);
  return hex(hash >>> 0, 8);
}

const imports = {
  host: {
    log(a, b) {
      const wide = BigInt.asUintN(64, b);
      lines.push(`log ${hex(a >>> 0, 8)} ${hex(wide, 16)}`);
      const low = Number(wide & 0xFFFFFFFFn), high = Number(wide >> 32n);
      return Math.imul(a ^ low ^ high, 0x9E3779B1);
    },
  },
};

function call(instance, plan) {
  const [name, results, ...values] = plan.split(' ');
  const types = results === '-' ? [] : results.split(',');
  instance.exports.steps.value = stepsPerCall;
  let text = ['call', name, ...values].join(' ');
  try {
    let got = instance.exports[name](...values.map(fromText));
    if (types.length < 2) got = [got];
    text += ' ->';
    types.forEach((type, i) => { text += ` ${toText(got[i], type)}`; });
  } catch (error) {
    text += ` ${failure(error)}`;
  }
  lines.push(text);
}

function look(instance, globals) {
  for (const [name, item] of Object.entries(instance.exports)) {
    if (item instanceof WebAssembly.Memory) {
      lines.push(`memory ${name} ${item.buffer.byteLength / 65536} ${digest(item.buffer)}`);
    } else if (item instanceof WebAssembly.Global) {
      lines.push(`global ${name} ${toText(item.value, globals.get(name))}`);
    }
  }
}

function start(number) {
  let module;
  try {
    module = new WebAssembly.Module(readFileSync(join(folder, `${number}.wasm`)));
  } catch (error) {
    lines.push(`refused ${error.message}`);
    return null;
  }
  try {
    const instance = new WebAssembly.Instance(module, imports);
    lines.push('instantiate');
    return instance;
  } catch (error) {
    lines.push(`instantiate ${failure(error)}`);
    return null;
  }
}

let instance = null;
let globals = new Map();
const finish = () => {
  if (instance) look(instance, globals);
};
for (const line of readFileSync(join(folder, 'plan.txt'), 'utf8').split('\n')) {
  const word = line.split(' ', 1)[0];
  const rest = line.slice(word.length + 1);
  if (word === 'module') {
    finish();
    globals = new Map();
    lines.push(line);
    instance = start(rest);
  } else if (word === 'global') {
    globals.set(...rest.split(' '));
  } else if (word === 'call' && instance) {
    call(instance, rest);
  }
}
finish();
process.stdout.write(`${lines.join('\n')}\n`);
