//! The forms of numbers, dates, and times.

use dbmig_build::Dialect;

pub(super) fn is_float(text: &str) -> bool {
    let begins =
        text.trim_start_matches(['-', '+']).starts_with(|c: char| c.is_ascii_digit() || c == '.');
    begins && text.parse::<f64>().is_ok_and(f64::is_finite)
}

pub(super) fn decimal(
    text: &str,
    limit: Option<(usize, usize)>,
    dialect: Dialect,
) -> Result<(), String> {
    if dialect == Dialect::Postgres && text == "NaN" {
        return Ok(());
    }
    if !is_float(text) {
        return Err("a number".into());
    }
    let Some((before, after)) = limit else { return Ok(()) };
    if text.contains(['e', 'E']) {
        return Ok(());
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let whole = whole.trim_start_matches(['-', '+']).trim_start_matches('0');
    if whole.len() > before {
        return Err(format!("at most {before} digits before the point"));
    }
    // More of them would be rounded away without a word.
    if part.trim_end_matches('0').len() > after {
        return Err(format!("at most {after} digits after the point"));
    }
    Ok(())
}

fn number(text: &str, digits: usize, from: u32, to: u32) -> bool {
    text.len() == digits
        && text.bytes().all(|b| b.is_ascii_digit())
        && text.parse::<u32>().is_ok_and(|number| (from..=to).contains(&number))
}

pub(super) fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    if !number(year, 4, 0, 9999) || !number(month, 2, 1, 12) {
        return false;
    }
    let year: u32 = year.parse().unwrap_or(0);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        "02" if leap => 29,
        "02" => 28,
        "04" | "06" | "09" | "11" => 30,
        _ => 31,
    };
    number(day, 2, 1, days)
}

pub(super) fn is_time(text: &str, zone: bool) -> bool {
    let end = text.find(['+', '-', 'Z']).filter(|_| zone).unwrap_or(text.len());
    let (clock, zone) = text.split_at(end);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = clock.split(':');
    let hours = parts.next().is_some_and(|hours| number(hours, 2, 0, 23));
    let minutes = parts.next().is_some_and(|minutes| number(minutes, 2, 0, 59));
    let seconds = parts.next().is_none_or(|seconds| number(seconds, 2, 0, 59));
    let fraction =
        (1..=9).contains(&fraction.len()) && fraction.bytes().all(|b| b.is_ascii_digit());
    let zone = match zone.strip_prefix(['+', '-']) {
        None => zone.is_empty() || zone == "Z",
        Some(offset) => {
            let (hours, minutes) = offset.split_once(':').unwrap_or((offset, "00"));
            number(hours, 2, 0, 15) && number(minutes, 2, 0, 59)
        }
    };
    hours && minutes && seconds && parts.next().is_none() && fraction && zone
}

pub(super) fn is_date_time(text: &str, zone: bool) -> bool {
    match text.split_once(['T', ' ']) {
        Some((date, time)) => is_date(date) && is_time(time, zone),
        None => is_date(text),
    }
}

/// What PostgreSQL takes beside dates.
pub(super) fn is_special(dialect: Dialect, text: &str) -> bool {
    dialect == Dialect::Postgres && matches!(text, "infinity" | "-infinity")
}
