/** Tracks the commands of one view: pending, acknowledged, answered. */

import { useEffect, useRef } from "preact/hooks";
import { useRedraw } from "../../shared/hooks";
import { FINAL_STATUSES, type Status, type ViewKind, type ViewPayloads } from "../protocol";
import type { RunSession } from "../session";

/** A kernel that receives messages while it trains acknowledges in milliseconds. */
const ACKNOWLEDGE_TIMEOUT_MS = 2000;

export type Command = Exclude<ViewKind, "resync" | "read_log">;

export interface CommandState {
  /** Sent, and neither answered nor carried out yet. */
  pending: boolean;
  /** Sent a while ago, and not even acknowledged by the kernel. */
  unacknowledged: boolean;
  /** Why the kernel refused it. */
  error: string | null;
  /** When the kernel carries out what it has accepted, if not at once. */
  note: string | null;
}

const IDLE: CommandState = { pending: false, unacknowledged: false, error: null, note: null };

export class Commands {
  private readonly states = new Map<Command, CommandState>();
  private readonly timers = new Set<ReturnType<typeof setTimeout>>();

  constructor(
    private readonly session: RunSession,
    private readonly changed: () => void,
  ) {}

  state(command: Command): CommandState {
    return this.states.get(command) ?? IDLE;
  }

  get unacknowledged(): boolean {
    return [...this.states.values()].some((state) => state.unacknowledged);
  }

  /** Send a command; resolves with whether the kernel did it. */
  async run<C extends Command>(command: C, payload: ViewPayloads[C]): Promise<boolean> {
    const own: CommandState = { ...IDLE, pending: true };
    this.set(command, own);
    const current = () => this.states.get(command) === own;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      if (!current()) return;
      own.unacknowledged = true;
      this.changed();
    }, ACKNOWLEDGE_TIMEOUT_MS);
    this.timers.add(timer);
    const sent = this.session.send(command, payload);
    void sent.acknowledged.then(() => {
      clearTimeout(timer);
      own.unacknowledged = false;
      this.changed();
    });
    const reply = await sent.reply;
    if (current()) {
      const text = reply.message || null;
      this.set(command, { ...IDLE, [reply.ok ? "note" : "error"]: text });
    }
    return reply.ok;
  }

  /** Drop the error of a refused command: the user has started another one. */
  clearError(command: Command): void {
    if (this.state(command).error !== null) this.set(command, IDLE);
  }

  /** Clear commands that the run's status shows as done, even if no reply came. */
  applyStatus(status: Status): void {
    const over = FINAL_STATUSES.has(status);
    const isDone = (command: Command) =>
      over ||
      (command === "pause" && status === "paused") ||
      (command === "resume" && status === "running") ||
      ((command === "pause" || command === "resume") && status === "stopping");
    for (const [command, state] of this.states) {
      if (state.pending && isDone(command)) this.states.set(command, IDLE);
      else if (state.note && status !== "paused") this.states.set(command, IDLE);
      else if (over) this.states.delete(command);
    }
  }

  dispose(): void {
    for (const timer of this.timers) clearTimeout(timer);
  }

  private set(command: Command, state: CommandState): void {
    this.states.set(command, state);
    this.changed();
  }
}

export function useCommands(session: RunSession, status: Status): Commands {
  const redraw = useRedraw();
  const ref = useRef<Commands | null>(null);
  ref.current ??= new Commands(session, redraw);
  const commands = ref.current;
  commands.applyStatus(status);
  useEffect(() => () => commands.dispose(), []);
  return commands;
}
