//! A rough line between Dastak and the province: requests and answers are lost, doubled, late and out of order, nobody
//! answers for a while, and what answers is at times not the province.

use sandbox::dastak::{Answer, Call, Line};
use sandbox::proxy::Dice;

/// What goes wrong of a hundred calls, and how long nobody answers then.
pub struct Rough<L> {
    line: L,
    dice: Dice,
    trouble: u64,
    /// Calls that arrive after others.
    late: Vec<Call>,
    /// Calls that nobody answers yet.
    silent: u64,
    /// How often each thing went wrong.
    pub went_wrong: [u32; 6],
}

impl<L: Line> Rough<L> {
    pub fn new(line: L, seed: u64, trouble: u64) -> Self {
        Self {
            line,
            dice: Dice::new(seed),
            trouble,
            late: Vec::new(),
            silent: 0,
            went_wrong: [0; 6],
        }
    }

    /// Nothing goes wrong from now on, but what was held back arrives.
    pub async fn calms(&mut self) {
        (self.trouble, self.silent) = (0, 0);
        while let Some(call) = self.late.pop() {
            self.line.carry(call).await;
        }
    }
}

impl<L: Line> Line for Rough<L> {
    async fn carry(&mut self, call: Call) -> Option<Answer> {
        if self.silent > 0 {
            self.silent -= 1;
            return None;
        }
        // The last that was held back comes first.
        if self.dice.below(4) == 0
            && let Some(late) = self.late.pop()
        {
            self.line.carry(late).await;
        }
        if self.dice.below(100) >= self.trouble {
            return self.line.carry(call).await;
        }
        let fate = usize::try_from(self.dice.below(6)).unwrap();
        self.went_wrong[fate] += 1;
        match fate {
            0 => None,
            1 => {
                self.line.carry(call).await;
                None
            }
            2 => {
                self.line.carry(call.clone()).await;
                self.line.carry(call).await
            }
            3 => {
                self.late.push(call);
                None
            }
            4 => Some(Answer {
                status: if self.dice.below(2) == 0 { 200 } else { 502 },
                body: b"<html>Sign in to the network</html>".to_vec(),
            }),
            _ => {
                self.silent = self.dice.below(6);
                None
            }
        }
    }
}
