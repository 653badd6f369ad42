# The template of the Homebrew formula: a release fills in the words in double braces from the archives that it has built.
# packaging/release.py formula DIST OUT

class VideosearchMcp < Formula
  desc "MCP server for video search with VideoVector, with a local playground"
  homepage "{{repository}}"
  version "{{version}}"
  license "MIT"

  on_macos do
    on_arm do
      url "{{url aarch64-apple-darwin}}"
      sha256 "{{sha256 aarch64-apple-darwin}}"
    end
    on_intel do
      url "{{url x86_64-apple-darwin}}"
      sha256 "{{sha256 x86_64-apple-darwin}}"
    end
  end

  on_linux do
    on_arm do
      url "{{url aarch64-unknown-linux-musl}}"
      sha256 "{{sha256 aarch64-unknown-linux-musl}}"
    end
    on_intel do
      url "{{url x86_64-unknown-linux-musl}}"
      sha256 "{{sha256 x86_64-unknown-linux-musl}}"
    end
  end

  def install
    bin.install "videosearch-mcp"
    bash_completion.install "completions/videosearch-mcp.bash" => "videosearch-mcp"
    zsh_completion.install "completions/_videosearch-mcp"
    fish_completion.install "completions/videosearch-mcp.fish"
    man1.install Dir["man/*.1"]
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/videosearch-mcp --version")
    assert_match "3 hits", shell_output("#{bin}/videosearch-mcp call search_videos --playground " \
                                        "'{\"query\": \"a clock\", \"index_id\": \"Early cinema\", \"top_k\": 3}'")
  end
end
