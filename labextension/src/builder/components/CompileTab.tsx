/** The Compile tab: the arguments of `model.compile`. */

import { COMPILE, type State } from "../protocol";
import { AdviceList } from "./AdviceList";
import { useBuilder } from "./builderContext";
import { Form } from "./form/Form";

interface CompileTabProps {
  state: State;
  onTarget: (target: string) => void;
}

export function CompileTab({ state, onTarget }: CompileTabProps) {
  const { catalog } = useBuilder();
  return (
    <div class="kw-b-single">
      <AdviceList
        advice={state.advice.filter(({ target }) => target === COMPILE)}
        onTarget={onTarget}
      />
      <Form
        parameters={catalog?.forms.compile ?? null}
        values={state.compile.arguments}
        errors={state.compile.errors}
        target={COMPILE}
      />
    </div>
  );
}
