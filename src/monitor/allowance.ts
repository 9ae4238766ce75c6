/**
 * How often something may be done that a jail's processes can have done at will.
 *
 * @module
 */

/** Something that may be done so often in a time, which begins anew when it is over. */
export class Allowance {
  #left = 0;
  #renewed = -Infinity;

  /**
   * Nothing is done yet.
   *
   * @param most how often
   * @param milliseconds in how long
   * @param now milliseconds of a clock that only goes on
   */
  constructor(
    private readonly most: number,
    private readonly milliseconds: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Whether it may be done once more. */
  take(): boolean {
    const now = this.now();
    if (now - this.#renewed >= this.milliseconds) {
      this.#renewed = now;
      this.#left = this.most;
    }
    return this.#left-- > 0;
  }
}
