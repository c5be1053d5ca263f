// The sounds, made in code: soft-edged tones, more and higher the worse it is.

// [frequency in Hz, start in s, length in s]
const TONES = {
  critical: [[880, 0, 0.16], [1175, 0.2, 0.16], [880, 0.4, 0.16], [1175, 0.6, 0.16]],
  high: [[784, 0, 0.2], [784, 0.3, 0.2]],
  medium: [[587, 0, 0.25]],
  low: [[440, 0, 0.2]],
};
const EDGE_S = 0.015; // without it a tone begins and ends with a click

export function createSound() {
  let context = null;

  // Browsers let a page make sounds only after a person has touched it.
  const unlock = async () => {
    context ??= new AudioContext();
    if (context.state === "suspended") await context.resume().catch(() => {});
  };
  const isLocked = () => context?.state !== "running";

  return {
    unlock,
    get isLocked() { return isLocked(); },
    // Returns whether it could be heard.
    play(severity, volume) {
      if (isLocked()) return false;
      for (const tone of TONES[severity]) sound(context, tone, volume);
      return true;
    },
  };
}

function sound(context, [frequency, start, length], volume) {
  const begin = context.currentTime + start;
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.setValueAtTime(0, begin);
  gain.gain.linearRampToValueAtTime(volume * 0.5, begin + EDGE_S);
  gain.gain.setValueAtTime(volume * 0.5, begin + length - EDGE_S);
  gain.gain.linearRampToValueAtTime(0, begin + length);
  const tone = new OscillatorNode(context, { type: "triangle", frequency });
  tone.connect(gain).connect(context.destination);
  tone.start(begin);
  tone.stop(begin + length);
}
