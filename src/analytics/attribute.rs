//! Why a cost changed: its change split into price and quantity, exactly.
//!
//! For each SKU and unit, with costs `c`, quantities `q` and prices `p = c / q` before (0) and now (1):
//!
//! * quantity effect `(q1 - q0) * p0`: what the other quantity would have cost at the old price,
//! * price effect `(p1 - p0) * q1`: what the other price makes of the new quantity.
//!
//! Together they are `p1 * q1 - p0 * q0`, the change, with no rest to share out. This is the price
//! and quantity variance of cost accounting (Horngren, Datar, Rajan: Cost Accounting, chapter 7,
//! "flexible budgets, direct-cost variances") with the earlier period as the budget, and in the terms of
//! index numbers a Laspeyres quantity beside a Paasche price (ILO: Consumer Price Index Manual 2020,
//! chapter 2). A SKU that only one period has is all quantity. What has no quantity, in whichever
//! period has it, has no price: its change is neither, and is called other.
//!
//! Sums of many SKUs are sums of their effects: a dearer mix of SKUs is quantity, not price. Knows
//! neither where costs come from nor what a SKU is called.

use serde::{Deserialize, Serialize};

use crate::domain::money::Amount;
use crate::domain::wide::mul_div;

/// What some charges of one SKU and unit came to.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Measure {
    /// What they cost.
    pub cost: Amount,
    /// How much it was of the unit.
    pub quantity: Amount,
    /// How many they were.
    pub rows: u64,
}

impl Measure {
    /// Adds a charge.
    pub fn add(&mut self, cost: Amount, quantity: Amount) {
        self.cost += cost;
        self.quantity += quantity;
        self.rows += 1;
    }

    /// Adds others.
    pub fn merge(&mut self, other: &Measure) {
        self.cost += other.cost;
        self.quantity += other.quantity;
        self.rows += other.rows;
    }

    /// What one of the unit cost, where there was any.
    #[must_use]
    pub fn price(&self) -> Option<Amount> {
        let one = Amount::whole(1).units();
        self.is_measured()
            .then(|| mul_div(self.cost.units(), one, self.quantity.units()))
            .flatten()
            .map(Amount::from_units)
    }

    /// Whether its quantity says something: it is not zero, nor beyond what can be added up.
    fn is_measured(&self) -> bool {
        let units = self.quantity.units();
        units != 0 && units != i128::MAX && units != i128::MIN
    }
}

/// A change, split. The three add up to it exactly.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Effects {
    /// For more or less of it.
    pub quantity: Amount,
    /// For its being dearer or cheaper.
    pub price: Amount,
    /// Of what has no quantity.
    pub other: Amount,
}

impl Effects {
    /// All of it.
    #[must_use]
    pub fn change(&self) -> Amount {
        self.quantity + self.price + self.other
    }

    /// Adds the effects on something else.
    pub fn merge(&mut self, other: &Effects) {
        self.quantity += other.quantity;
        self.price += other.price;
        self.other += other.other;
    }
}

/// Splits the change of one SKU and unit.
#[must_use]
pub fn split(before: &Measure, now: &Measure) -> Effects {
    let change = now.cost - before.cost;
    let quantity = |quantity: Amount| Effects { quantity, price: change - quantity, other: Amount::ZERO };
    match (before.rows > 0, now.rows > 0) {
        // Of one period only: new, or gone.
        (false, _) if now.is_measured() => quantity(change),
        (_, false) if before.is_measured() => quantity(change),
        _ if before.is_measured() && now.is_measured() => {
            let at_old_price = mul_div(before.cost.units(), now.quantity.units(), before.quantity.units());
            match at_old_price {
                Some(units) => quantity(Amount::from_units(units) - before.cost),
                None => Effects { other: change, ..Effects::default() },
            }
        }
        _ => Effects { other: change, ..Effects::default() },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn measure(cost: &str, quantity: &str) -> Measure {
        let amount = |text: &str| text.parse::<Amount>().expect(text);
        Measure { cost: amount(cost), quantity: amount(quantity), rows: 1 }
    }

    #[test]
    fn splits_into_price_and_quantity() {
        let none = Measure::default();
        for (before, now, want) in [
            // Twice as much at the same price; the same at twice the price; both.
            (measure("10", "5"), measure("20", "10"), ["10", "0", "0"]),
            (measure("10", "5"), measure("20", "5"), ["0", "10", "0"]),
            (measure("10", "5"), measure("40", "10"), ["10", "20", "0"]),
            (measure("10", "3"), measure("10", "6"), ["10", "-10", "0"]),
            // A third has no last decimal: what is lost of one is in the other.
            (measure("1", "3"), measure("1", "1"), ["-0.666666666666666667", "0.666666666666666667", "0"]),
            (none, measure("7", "2"), ["7", "0", "0"]),
            (measure("7", "2"), none, ["-7", "0", "0"]),
            (none, none, ["0", "0", "0"]),
            // Without a quantity there is no price.
            (measure("7", "0"), measure("9", "0"), ["0", "0", "2"]),
            (measure("7", "2"), measure("9", "0"), ["0", "0", "2"]),
            (measure("7", "0"), none, ["0", "0", "-7"]),
            // Credits have a price below zero.
            (measure("-10", "5"), measure("-12", "6"), ["-2", "0", "0"]),
        ] {
            let got = split(&before, &now);
            assert_eq!([got.quantity, got.price, got.other].map(|a| a.to_string()), want, "{before:?} {now:?}");
        }
        assert_eq!(measure("1", "3").price().map(|p| p.to_string()).as_deref(), Some("0.333333333333333333"));
        assert_eq!(measure("1", "0").price(), None);
        let endless = Measure { quantity: Amount::from_units(i128::MAX), ..measure("1", "0") };
        assert_eq!((endless.price(), split(&endless, &measure("3", "1")).other), (None, Amount::whole(2)));
    }

    fn any_measure() -> impl Strategy<Value = Measure> {
        let cost = -10i128.pow(33)..10i128.pow(33);
        let quantity = prop_oneof![Just(0i128), -10i128.pow(37)..10i128.pow(37), 1i128..1_000];
        (cost, quantity, 0u64..3).prop_map(|(cost, quantity, rows)| match rows {
            0 => Measure::default(),
            _ => Measure { cost: Amount::from_units(cost), quantity: Amount::from_units(quantity), rows },
        })
    }

    proptest! {
        #[test]
        fn the_parts_always_add_up_to_the_change(pairs in prop::collection::vec((any_measure(), any_measure()), 0..8)) {
            let mut effects = Effects::default();
            let mut change = Amount::ZERO;
            for (before, now) in &pairs {
                effects.merge(&split(before, now));
                change += now.cost - before.cost;
            }
            prop_assert_eq!(effects.change(), change);
        }
    }
}
