/**
 * An assembler for classic BPF as seccomp(2) takes it.
 *
 * The program is built from its end to its beginning. Jumps in classic BPF only go forward, so whatever
 * an instruction jumps to is already placed, and its distance is known: one pass, no patching.
 *
 * @module
 */

/** The place of an instruction, counted from the end of the program. */
export type Label = number;

/** How a jump compares the accumulator with its constant. */
export type Test = "equal" | "atLeast" | "anyBit";

interface Instruction {
  readonly code: number;
  readonly whenTrue: number;
  readonly whenFalse: number;
  readonly operand: number;
}

/** The size of a `struct sock_filter`. */
const INSTRUCTION_SIZE = 8;

/** The kernel's limit, BPF_MAXINSNS. */
const MAXIMUM_LENGTH = 4096;

/** The offset of a conditional jump is one byte. */
const MAXIMUM_OFFSET = 255;

const LOAD_WORD = 0x20; // BPF_LD | BPF_W | BPF_ABS
const JUMP_ALWAYS = 0x05; // BPF_JMP | BPF_JA
const RETURN = 0x06; // BPF_RET | BPF_K
const JUMP: Record<Test, number> = {
  equal: 0x15, // BPF_JMP | BPF_JEQ | BPF_K
  atLeast: 0x35, // BPF_JMP | BPF_JGE | BPF_K
  anyBit: 0x45, // BPF_JMP | BPF_JSET | BPF_K
};

/** A program under construction, from its last instruction to its first. */
export class Program {
  readonly #reversed: Instruction[] = [];
  readonly #returns = new Map<number, Label>();

  /** Ends the program with `value`; equal values share one instruction. */
  return(value: number): Label {
    const known = this.#returns.get(value);
    if (known !== undefined) return known;
    const label = this.#place({ code: RETURN, whenTrue: 0, whenFalse: 0, operand: value });
    this.#returns.set(value, label);
    return label;
  }

  /** Loads the word at `offset` of `struct seccomp_data` into the accumulator and goes on at `next`. */
  load(offset: number, next: Label): Label {
    if (next !== this.#reversed.length - 1) this.#jumpAlways(next);
    return this.#place({ code: LOAD_WORD, whenTrue: 0, whenFalse: 0, operand: offset });
  }

  /** Compares the accumulator with `operand` and goes on at one of two labels. */
  jump(test: Test, operand: number, whenTrue: Label, whenFalse: Label): Label {
    const near = [whenTrue, whenFalse].map((label) =>
      this.#isNear(label) ? label : this.#jumpAlways(label)
    );
    return this.#place({
      code: JUMP[test],
      whenTrue: this.#offsetTo(near[0]),
      whenFalse: this.#offsetTo(near[1]),
      operand,
    });
  }

  /**
   * The program as an array of `struct sock_filter`, in the byte order of x86_64 and aarch64.
   *
   * @throws {RangeError} if it is longer than the kernel takes.
   */
  bytes(): Uint8Array<ArrayBuffer> {
    const length = this.#reversed.length;
    if (length > MAXIMUM_LENGTH) {
      throw new RangeError(
        `Cannot assemble ${length} BPF instructions: the limit is ${MAXIMUM_LENGTH}`,
      );
    }
    const view = new DataView(new ArrayBuffer(length * INSTRUCTION_SIZE));
    this.#reversed.toReversed().forEach((instruction, index) => {
      const at = index * INSTRUCTION_SIZE;
      view.setUint16(at, instruction.code, true);
      view.setUint8(at + 2, instruction.whenTrue);
      view.setUint8(at + 3, instruction.whenFalse);
      view.setUint32(at + 4, instruction.operand, true);
    });
    return new Uint8Array(view.buffer);
  }

  #place(instruction: Instruction): Label {
    return this.#reversed.push(instruction) - 1;
  }

  /** An unconditional jump has four bytes of offset: a conditional one that is too far goes through it. */
  #jumpAlways(target: Label): Label {
    return this.#place({
      code: JUMP_ALWAYS,
      whenTrue: 0,
      whenFalse: 0,
      operand: this.#offsetTo(target),
    });
  }

  #offsetTo(target: Label): number {
    return this.#reversed.length - 1 - target;
  }

  /** Leaves room for the two unconditional jumps that may still come before the conditional one. */
  #isNear(target: Label): boolean {
    return this.#offsetTo(target) + 2 <= MAXIMUM_OFFSET;
  }
}
