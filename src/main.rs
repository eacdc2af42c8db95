//! t
use spendtop::*;

struct W;
impl sync::ingest::Watcher for W {
    fn progress(&self, _: u64, _: u64) {}
    fn problem(&self, p: &provider::Problem) {
        eprintln!("{p:?}")
    }
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    if a[1] == "read" {
        return only_read(&a);
    }
    let t = std::time::Instant::now();
    let s = store::Store::open(std::path::Path::new(&a[1]), &["team".into(), "env".into(), "project".into()]).unwrap();
    eprintln!("open {:?} {:?}", t.elapsed(), s.notices);
    if a.len() > 3 {
        let mut f = provider::files::BillingFiles::new("import", &a[3..], a[2].parse().unwrap()).unwrap();
        let o = sync::ingest::ingest(&s, &mut f, &Default::default(), &W);
        match o {
            Ok(o) => eprintln!(
                "{} {} {} groups {:?} already {}",
                o.rows,
                o.refused,
                o.groups.len(),
                o.import,
                o.already_stored
            ),
            Err(e) => eprintln!("{e} {:?}", e.hints),
        }
    }
    eprintln!("done {:?} size {} MB", t.elapsed(), s.kv().size() / 1000000);
    let st = std::fs::read_to_string("/proc/self/status").unwrap();
    for l in st.lines().filter(|l| l.starts_with("VmHWM") || l.starts_with("VmRSS")) {
        eprintln!("{l}");
    }
    let st = std::fs::read_to_string("/proc/self/stat").unwrap();
    let v: Vec<&str> = st.rsplit(')').next().unwrap().split_whitespace().collect();
    eprintln!("cpu u {} s {}", v[11], v[12]);
}
struct N;
impl focus::csv::Receive for N {
    fn batch(&self, b: &domain::batch::ChargeBatch) -> error::Result<()> {
        eprintln!("batch {} profiles {}", b.len(), b.profile_identity.len());
        Ok(())
    }
    fn refused(&self, _: u64, _: &str, _: focus::rows::Refusal, _: Option<(String, domain::calendar::Day)>) {}
    fn progress(&self, _: u64) {}
    fn cancelled(&self) -> bool {
        false
    }
}
fn cpu() -> f64 {
    let st = std::fs::read_to_string("/proc/self/stat").unwrap();
    let v: Vec<&str> = st.rsplit(')').next().unwrap().split_whitespace().collect();
    (v[11].parse::<f64>().unwrap() + v[12].parse::<f64>().unwrap()) / 100.0
}
fn only_read(a: &[String]) {
    for f in &a[3..] {
        let c = cpu();
        let r = focus::parquet::read(std::fs::File::open(f).unwrap(), a[2].parse().unwrap(), Default::default(), &N)
            .unwrap();
        eprintln!("{} rows {} us/row, {:?}", r.rows, (cpu() - c) * 1e6 / r.rows as f64, r);
    }
    for l in std::fs::read_to_string("/proc/self/status").unwrap().lines().filter(|l| l.starts_with("VmHWM")) {
        eprintln!("{l}");
    }
}
