//! Whole journeys of a wallet.
