// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics serves the figures of every part in Prometheus' text form. They are
// read from the parts when somebody asks; no part knows of Prometheus.
func (s *server) metrics() http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &collector{s, describe()})
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{})
}

type descriptions struct {
	info, accepted, duplicates, rejected, dropped, stage, ids *prometheus.Desc
	observed, late, findings, lag, ruleHits, ruleFindings     *prometheus.Desc
	head, commits, segments, hotBytes, logFiles, fault, lost  *prometheus.Desc
	retention, erasures                                       *prometheus.Desc
	checkpoint, diverged, witnessed                           *prometheus.Desc
}

func describe() descriptions {
	d := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("tocsin_"+name, help, labels, nil)
	}
	return descriptions{
		info:         d("build_info", "1, with the version as label.", "version"),
		accepted:     d("pipeline_accepted_total", "Records accepted, duplicates included.", "input"),
		duplicates:   d("pipeline_duplicates_total", "Records that were recorded before.", "input"),
		rejected:     d("pipeline_rejected_total", "Records refused one by one.", "input"),
		dropped:      d("input_dropped_total", "Records lost before they could be recorded.", "input", "reason"),
		stage:        d("stage_seconds_total", "Time spent in a stage; where it waits, waiting included.", "stage"),
		ids:          d("pipeline_origin_ids", "Origin ids that are remembered."),
		observed:     d("detect_observed_total", "Events that detection has seen."),
		late:         d("detect_late_total", "Events that came too late to be counted."),
		findings:     d("detect_findings_total", "Findings."),
		lag:          d("detect_lag_entries", "Positions of the journal that detection has not seen."),
		ruleHits:     d("detect_rule_hits_total", "Events that met a rule.", "rule"),
		ruleFindings: d("detect_rule_findings_total", "Findings by rule.", "rule"),
		head:         d("journal_head", "The journal's last durable position."),
		commits:      d("journal_commits_total", "Syncs of the journal's log."),
		segments:     d("journal_segments", "Sealed segment files."),
		hotBytes:     d("journal_hot_bytes", "Memory of events that are not sealed yet."),
		logFiles:     d("journal_log_files", "Log files that hold events not sealed yet."),
		fault:        d("journal_fault", "1 while nothing can be recorded."),
		lost:         d("journal_unreadable_events", "Stored events that are known to be unreadable."),
		retention:    d("retention_stuck", "1 while something that is over its time is not dropped."),
		checkpoint:   d("journal_checkpoint_headers", "Sealed ranges that the newest checkpoint covers."),
		diverged:     d("journal_diverged", "1 when another history of the journal is known."),
		witnessed:    d("witness_headers", "Sealed ranges that a witness has co-signed.", "witness"),
		erasures:     d("erasures_stuck", "1 while an erasure cannot get on."),
	}
}

// collector reads the parts.
type collector struct {
	s *server
	d descriptions
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, out) }

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	count := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(c.d.info, 1, c.s.opt.Version)
	j := c.s.record.journal.Stats()
	gauge(c.d.head, float64(j.Ord))
	count(c.d.commits, float64(j.Commits))
	gauge(c.d.segments, float64(j.Segments))
	gauge(c.d.hotBytes, float64(j.HotBytes))
	gauge(c.d.logFiles, float64(j.LogFiles))
	fault := 0.0
	if j.Fault != nil {
		fault = 1
	}
	gauge(c.d.fault, fault)
	gauge(c.d.lost, float64(max(j.Lost, c.s.record.search.Lost())))
	c.proofs(gauge)

	stuck := func(warning string) float64 {
		if warning == "" {
			return 0
		}
		return 1
	}
	gauge(c.d.retention, stuck(c.s.retention.warning()))
	gauge(c.d.erasures, stuck(c.s.erasures.warning()))

	p := c.s.ingest.pipeline
	stats := p.Stats()
	for _, i := range stats.Inputs {
		count(c.d.accepted, float64(i.Accepted), i.Name)
		count(c.d.duplicates, float64(i.Duplicates), i.Name)
		count(c.d.rejected, float64(i.Rejected), i.Name)
	}
	gauge(c.d.ids, float64(stats.IDs))
	for _, t := range p.Stages() {
		count(c.d.stage, (time.Duration(t.Nanos) * time.Nanosecond).Seconds(), t.Name)
	}
	for _, o := range c.s.ingest.inputs {
		st := o.in.Stats()
		count(c.d.dropped, float64(st.DroppedKernel), o.name, "kernel")
		count(c.d.dropped, float64(st.DroppedQueue), o.name, "queue")
		count(c.d.dropped, float64(st.Lost), o.name, "stop")
	}

	w := c.s.watch.engine.Stats()
	count(c.d.observed, float64(w.Observed))
	count(c.d.late, float64(w.Late))
	count(c.d.findings, float64(w.Findings))
	gauge(c.d.lag, float64(c.s.lagEntries()))
	for i := range w.Rules {
		r := &w.Rules[i]
		count(c.d.ruleHits, float64(r.Hits), r.RuleID)
		count(c.d.ruleFindings, float64(r.Findings), r.RuleID)
	}
}

// proofs are the figures of checkpoints and witnesses.
func (c *collector) proofs(gauge func(d *prometheus.Desc, v float64, labels ...string)) {
	_, headers, _, _ := c.s.record.journal.Checkpoint()
	gauge(c.d.checkpoint, float64(headers))
	diverged := 0.0
	if c.s.record.journal.Diverged() != nil {
		diverged = 1
	}
	gauge(c.d.diverged, diverged)
	if f := c.s.record.witnesses.follower; f != nil {
		for _, st := range f.Status() {
			gauge(c.d.witnessed, float64(st.Size), st.Name)
		}
	}
}
