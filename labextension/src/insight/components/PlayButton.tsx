/** Plays a sound; its sample rate is known. */

import { useRef, useState } from "preact/hooks";
import { t } from "../../shared/translation";

export function PlayButton({ samples, rate }: { samples: readonly number[]; rate: number }) {
  const playing = useRef<{ stop(): void } | null>(null);
  const [isPlaying, setPlaying] = useState(false);
  const [failed, setFailed] = useState(false);
  const play = () => {
    if (playing.current) {
      playing.current.stop();
      return;
    }
    try {
      const context = new AudioContext();
      const buffer = context.createBuffer(1, samples.length, rate);
      buffer.copyToChannel(Float32Array.from(samples), 0);
      const node = context.createBufferSource();
      node.buffer = buffer;
      node.connect(context.destination);
      node.onended = () => {
        playing.current = null;
        setPlaying(false);
        void context.close();
      };
      node.start();
      playing.current = node;
      setPlaying(true);
    } catch {
      // Browsers play no rate below 3 kHz.
      setFailed(true);
    }
  };
  return (
    <button type="button" disabled={failed || samples.length === 0} onClick={play}>
      {failed ? t("This rate cannot be played") : isPlaying ? t("Stop sound") : t("Play sound")}
    </button>
  );
}
