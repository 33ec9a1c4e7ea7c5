using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace FlashCall.Cli.Numbers;

/// <summary>Shows how an upload goes.</summary>
internal interface IUploadDisplay
{
    /// <summary>Shows it for as long as the work lasts, whose result this is.</summary>
    Task<T> ShowAsync<T>(Upload upload, Func<Task<T>> work);
}

/// <summary>A bar with what is sent and how fast, then that the pool is at work: for a person before a terminal.</summary>
internal sealed class UploadBar(IAnsiConsole console) : IUploadDisplay
{
    public Task<T> ShowAsync<T>(Upload upload, Func<Task<T>> work) => console.Progress()
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn(),
            new ElapsedTimeColumn(), new SpinnerColumn())
        .StartAsync(async shown =>
        {
            var sending = shown.AddTask("Sending the file", maxValue: Math.Max(1, upload.Length ?? long.MaxValue));
            sending.IsIndeterminate = upload.Length is null;
            ProgressTask? taking = null;
            void Show()
            {
                sending.Value = upload.Sent;
                if (!upload.IsAllSent || taking is not null)
                    return;
                sending.MaxValue = Math.Max(1, upload.Sent);
                sending.Value = sending.MaxValue;
                sending.IsIndeterminate = false;
                sending.StopTask();
                taking = shown.AddTask("The pool takes them in");
                taking.IsIndeterminate = true;
            }
            upload.Watch(Show);
            try
            {
                return await work();
            }
            finally
            {
                taking?.StopTask();
            }
        });
}

/// <summary>A line now and then: for files and pipes.</summary>
internal sealed class UploadLines(TextWriter output) : IUploadDisplay
{
    private const double Megabyte = 1e6;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    public Task<T> ShowAsync<T>(Upload upload, Func<Task<T>> work)
    {
        var clock = Stopwatch.StartNew();
        var next = Every;
        void Show()
        {
            if (upload.IsAllSent)
            {
                output.WriteLine($"Sent {How(upload, clock.Elapsed)}; the pool takes them in.");
            }
            else if (clock.Elapsed >= next)
            {
                next = clock.Elapsed + Every;
                output.WriteLine($"Sending: {How(upload, clock.Elapsed)}");
            }
        }
        upload.Watch(Show);
        return work();
    }

    private static string How(Upload upload, TimeSpan elapsed)
    {
        var sent = (upload.Sent / Megabyte).ToString("0.0", CultureInfo.InvariantCulture);
        var rate = (upload.Sent / Megabyte / Math.Max(elapsed.TotalSeconds, 0.001)).ToString("0.0", CultureInfo.InvariantCulture);
        return upload.Length is { } length
            ? $"{sent} of {(length / Megabyte).ToString("0.0", CultureInfo.InvariantCulture)} MB, {rate} MB/s"
            : $"{sent} MB, {rate} MB/s";
    }
}
