/** Parses what is known of the devices and of several workers. */

import { type Fields, shorten } from "../shared/fields";
import { parseText } from "../shared/parseText";
import {
  type Device,
  WORKER_STATES,
  WORKERS_STATES,
  type Worker,
  type WorkerError,
  type WorkerLog,
  type Workers,
} from "./protocol";

/** A saved output may hold any number of things, and the page must stay usable. */
const MAX_ROWS = 64;
const MAX_DEVICES = 16;
const MAX_TEXT = 20_000;

export function parseDevice(fields: Fields): Device {
  const number = (name: string) => fields.nullable(name, () => fields.finite(name));
  return {
    kind: fields.oneOf("kind", ["gpu", "cpu"] as const),
    name: fields.label("name"),
    use: number("use"),
    memory_used_bytes: number("memory_used_bytes"),
    memory_total_bytes: number("memory_total_bytes"),
  };
}

export function parseWorkers(fields: Fields): Workers {
  return {
    state: fields.oneOf("state", WORKERS_STATES),
    waits_for: fields.nullable("waits_for", () => parseText(fields.fields("waits_for"))),
    count: fields.integer("count"),
    hosts: fields.integer("hosts"),
    step_seconds: fields.nullable("step_seconds", () => fields.finite("step_seconds")),
    rows: fields.list("rows", parseWorker, { first: MAX_ROWS }),
    error: fields.nullable("error", () => parseError(fields.fields("error"))),
  };
}

function parseWorker(fields: Fields): Worker {
  const number = (name: string) => fields.nullable(name, () => fields.finite(name));
  return {
    rank: fields.integer("rank"),
    host: fields.label("host"),
    state: fields.oneOf("state", WORKER_STATES),
    step: fields.integer("step"),
    step_seconds: number("step_seconds"),
    probe_seconds: number("probe_seconds"),
    waiting: number("waiting"),
    slow: fields.nullable("slow", () => parseText(fields.fields("slow"))),
    devices: fields.list("devices", parseDevice, { first: MAX_DEVICES }),
  };
}

function parseError(fields: Fields): WorkerError {
  return {
    rank: fields.nullable("rank", () => fields.integer("rank")),
    traceback: shorten(fields.string("traceback"), MAX_TEXT),
  };
}

export function parseWorkerLog(fields: Fields): WorkerLog {
  return {
    rank: fields.integer("rank"),
    text: shorten(fields.string("text"), MAX_TEXT),
    cut: fields.boolean("cut"),
    size: fields.integer("size"),
  };
}
