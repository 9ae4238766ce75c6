/** Runs a classic BPF program as the kernel's seccomp does, for tests. */

/** `struct seccomp_data`: what a filter sees of a system call. */
export interface SeccompData {
  readonly number: number;
  readonly architecture: number;
  /** Up to six, 64 bits each. */
  readonly arguments: readonly bigint[];
}

/** The value that the program returns. Throws for what the kernel's checker would refuse. */
export function runFilter(program: Uint8Array<ArrayBuffer>, data: SeccompData): number {
  const words = layOut(data);
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const length = program.length / 8;
  let accumulator = 0;
  let at = 0;
  while (at < length) {
    const code = view.getUint16(at * 8, true);
    const operand = view.getUint32(at * 8 + 4, true);
    const branch = (holds: boolean) => 1 + view.getUint8(at * 8 + (holds ? 2 : 3));
    switch (code) {
      case 0x20: // BPF_LD | BPF_W | BPF_ABS
        if (operand % 4 !== 0 || operand >= 64) throw new RangeError(`Load at ${operand}`);
        accumulator = words.getUint32(operand, true);
        at += 1;
        break;
      case 0x05: // BPF_JMP | BPF_JA
        at += 1 + operand;
        break;
      case 0x15: // BPF_JEQ
        at += branch(accumulator === operand);
        break;
      case 0x35: // BPF_JGE
        at += branch(accumulator >= operand);
        break;
      case 0x45: // BPF_JSET
        at += branch((accumulator & operand) !== 0);
        break;
      case 0x06: // BPF_RET | BPF_K
        return operand;
      default:
        throw new RangeError(`Instruction ${code.toString(16)} at ${at}`);
    }
  }
  throw new RangeError("The program ends without a return");
}

function layOut(data: SeccompData): DataView {
  const view = new DataView(new ArrayBuffer(64));
  view.setUint32(0, data.number, true);
  view.setUint32(4, data.architecture, true);
  data.arguments.forEach((value, index) => view.setBigUint64(16 + 8 * index, value, true));
  return view;
}
