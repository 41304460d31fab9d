// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/log"
	sdk "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
)

// sendOTLP sends three records in one request with gzip.
func sendOTLP(ctx context.Context, url, token string) (err error) {
	exporter, err := otlploghttp.New(ctx,
		otlploghttp.WithEndpointURL(url+"/v1/logs"),
		otlploghttp.WithHeaders(map[string]string{"Authorization": "Bearer " + token}),
		otlploghttp.WithCompression(otlploghttp.GzipCompression),
	)
	if err != nil {
		return fmt.Errorf("exporter: %w", err)
	}
	provider := sdk.NewLoggerProvider(
		sdk.WithProcessor(sdk.NewBatchProcessor(exporter)),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", "shop"), attribute.String("host.name", "web-1"))),
	)
	defer func() { err = errors.Join(err, provider.Shutdown(ctx)) }()
	logger := provider.Logger("com.example.login")
	for n := range 3 {
		var r log.Record
		r.SetTimestamp(time.Unix(1795600000, int64(n)))
		r.SetSeverity(log.SeverityWarn)
		r.SetSeverityText("WARN")
		r.SetEventName("login_failed")
		r.SetBody(attribute.StringValue(fmt.Sprint("wrong password ", n)))
		r.AddAttributes(attribute.String("user.name", "ana"), attribute.Int("attempt", n))
		logger.Emit(ctx, r)
	}
	return provider.ForceFlush(ctx)
}
