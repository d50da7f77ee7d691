//! PMML: which models it holds, and which functions it calls that no PMML defines.
//!
//! <https://dmg.org/pmml/v4-4-1/Functions.html>: `Apply` names a built-in function, one of a `DefineFunction`, or, for JPMML, a Java class.

use crate::limits;
use weighbridge_parse_xml::Element;
use weighbridge_sdk::{Fact, Input, Stop};

#[derive(Default)]
pub(crate) struct Pmml {
    models: usize,
}

impl Pmml {
    pub fn start(&mut self, input: &Input<'_>, element: &Element) -> Result<(), Stop> {
        let length = element.end - element.at;
        let name = element.local();
        if element.depth == 1 && self.models < limits::MODELS && (name.ends_with("Model") || name.ends_with("Network") || name == "Scorecard") {
            self.models += 1;
            input.emit(&Fact::new("layer").text("framework", "pmml").text("class", name).at(element.at, length))?;
        }
        if name == "Apply"
            && let Some(function) = element.get("function")
            && function.contains(['.', '/'])
        {
            // A dotted name is a class that the evaluator looks up and instantiates.
            input.emit(&Fact::new("operator").text("framework", "pmml").text("domain", "java").text("op", function).at(element.at, length))?;
        }
        Ok(())
    }
}
